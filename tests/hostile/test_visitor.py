"""The judge of all other tests here: what is wrong must be seen."""

from __future__ import annotations

import pytest
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.html import escape

from subscriptions.models import Subscriber
from tests.hostile.inputs import TEXTS
from tests.hostile.rows import changes, dump
from tests.hostile.visitor import MARK, MARKUP, complaints


@pytest.mark.parametrize("mark", [*MARKUP, f"{MARK}49"])
def test_markup_of_strangers_in_a_page_is_seen(mark):
    assert complaints(HttpResponse(f"<p>{mark}</p>"), "/") != []


def test_the_same_texts_escaped_or_in_json_are_fine():
    for text in TEXTS:
        printable = text.encode("utf-8", "replace").decode()
        assert complaints(HttpResponse(escape(printable)), "/") == []
        assert complaints(JsonResponse({"q": printable}), "/") == []


@pytest.mark.parametrize("place", ["//evil.example", "/\\evil.example", "https://evil.example/"])
def test_a_redirect_to_others_is_seen(place):
    response = HttpResponse(status=302)
    response.headers["Location"] = place
    assert complaints(response, "/") != []
    assert complaints(HttpResponseRedirect("/check-inbox/"), "/") == []


@pytest.mark.parametrize(("status", "address"), [(500, "/"), (503, "/trending/")])
def test_an_error_of_ours_is_seen(status, address):
    assert complaints(HttpResponse(status=status), address) != []
    assert complaints(HttpResponse(status=503), "/readyz?q=1") == []


def test_a_changed_row_is_seen(make_subscriber):
    reader = make_subscriber(topics=["agents"])
    before = dump()
    assert changes(before) == []
    reader.interests.update(weight=0.5)
    assert changes(before) == ["Interest"]
    Subscriber.objects.all().delete()
    assert set(changes(before)) == {"Interest", "Subscriber"}
