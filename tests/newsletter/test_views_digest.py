"""A digest in the browser: the reader's own, and nothing can be done with it."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlsplit

import pytest
import time_machine
from django.urls import reverse

from newsletter import compose
from newsletter.models import Card, Issue, Shell
from subscriptions import tokens
from subscriptions.models import Subscriber
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT
from tests.newsletter.pages import text_of


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False):
        yield


def in_browser(reader: Subscriber, kind="daily", on="2026-03-17", purpose=Purpose.DIGEST) -> str:
    token = tokens.make(purpose, reader)
    return reverse("newsletter:digest", args=[token, kind, on])


def test_the_address_in_the_mail_shows_the_same_papers_for_ever(client, make_delivery, make_paper):
    delivery = make_delivery([make_paper("Nice & old", topics=["agents"])], on=date(2025, 6, 1))
    mail = compose.compose_all([delivery])(delivery).message()
    [address] = re.findall(r"https://\S+/digest/\S+", mail.body)
    response = client.get(urlsplit(address).path)

    assert response.status_code == 200
    assert "Nice &amp; old" in text_of(response)
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("kind", "on"),
    [("daily", "2026-03-16"), ("weekly", "2026-03-17"), ("daily", "today"), ("x", "2026-02-30")],
)
def test_a_digest_that_was_never_sent_is_a_bad_link(client, make_delivery, kind, on):
    reader = make_delivery().subscriber
    assert client.get(in_browser(reader, kind, on)).status_code == 404


def test_nobody_sees_the_digest_of_another_reader(client, make_delivery, make_subscriber):
    make_delivery()
    assert client.get(in_browser(make_subscriber())).status_code == 404


@pytest.mark.parametrize("purpose", Purpose)
def test_a_digest_in_the_browser_opens_with_its_own_link_only(client, make_delivery, purpose):
    page = in_browser(make_delivery().subscriber, purpose=purpose)
    assert client.get(page).status_code == (200 if purpose is Purpose.DIGEST else 404)


def test_a_link_that_was_passed_on_shows_a_digest_and_opens_nothing_else(client, make_delivery):
    reader = make_delivery().subscriber
    token = tokens.make(Purpose.DIGEST, reader)
    page = text_of(client.get(reverse("newsletter:digest", args=[token, "daily", "2026-03-17"])))

    assert "use the links in your mail" in page
    assert "More like this" not in page
    assert reader.public_id.hex not in page
    for name in ("preferences", "unsubscribe", "confirm", "today"):
        assert client.post(f"/{name}/{token}/").status_code == 404


def test_a_digest_in_the_browser_cannot_be_posted_to(client, make_delivery):
    assert client.post(in_browser(make_delivery().subscriber)).status_code == 405


def test_the_page_shows_the_bytes_of_the_mail_but_for_its_links(client, make_delivery):
    delivery = make_delivery(3)
    mail = compose.html_of(compose.compose_all([delivery])(delivery).message())
    page = client.get(in_browser(delivery.subscriber)).content.decode()
    cards = re.findall(r'<div class="card".*?</p>\n(?=<p class="quiet say")', mail, re.DOTALL)
    assert len(cards) == 3
    assert all(card in page for card in cards)
    in_mail, in_page = (set(re.findall(r"/([\w-]{52})/", text)) for text in (mail, page))
    [token] = in_mail & in_page  # of the page itself, which says why it is so
    assert tokens.read(Purpose.DIGEST, token) == delivery.subscriber


@pytest.mark.parametrize("path", ["digest", "edition"])
def test_a_mail_as_a_page_can_ask_nobody_for_anything(client, make_delivery, path):
    delivery = make_delivery()
    compose.compose_all([delivery])
    Issue.objects.update(state=Issue.State.OPEN)
    page = in_browser(delivery.subscriber) if path == "digest" else "/issue/daily-20260317/"
    policy = client.get(page)["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "style-src 'unsafe-inline'", "form-action 'none'"} <= set(policy)
    assert "script" not in " ".join(policy)


def test_looking_at_a_digest_stores_nothing(client, make_delivery):
    delivery = make_delivery()
    assert client.get(in_browser(delivery.subscriber)).status_code == 200
    assert not Card.objects.exists()
    assert not Shell.objects.exists()
