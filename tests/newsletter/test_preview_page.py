"""The preview on the preferences page: the whole page without a script, a piece of it with one."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client

from subscriptions import tokens
from subscriptions.models import Consent, Interest, Letter, Phrase, Subscriber, Wish
from subscriptions.tokens import Purpose
from tests.newsletter.issue_steps import SEVEN
from tests.subscriptions.pages import chosen, post_raw

FRAGMENT = {"X-Fragment": "1"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(SEVEN, tick=False):
        yield


@pytest.fixture
def reader(make_subscriber, make_paper):
    make_paper("Agents & acts", topics=["agents"])
    make_paper("Robots see", topics=["vision"])
    return make_subscriber(topics=["agents"])


def page_of(reader, purpose=Purpose.PREFERENCES) -> str:
    return f"/preferences/{tokens.make(purpose, reader)}/preview/"


def everything() -> list[object]:
    models = (Subscriber, Interest, Phrase, Wish, Consent, Letter)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_the_page_comes_back_as_it_was_sent_with_what_it_brings(client, reader):
    before = everything()
    data = chosen(**{"topic-agents": "off", "topic-vision": "more"}, hour="9", keywords="LoRA")
    response = client.post(page_of(reader), data)
    assert response.status_code == 200
    text = response.content.decode()
    assert "Robots see" in text
    assert "Agents &amp; acts" not in text
    assert response.context["preview"].summary == "1 paper, and why."
    assert response.context["form"]["hour"].value() == "9"
    assert "LoRA</textarea>" in text
    assert f'action="{page_of(reader).replace("preview/", "")}"' in text
    assert everything() == before
    assert response["Cache-Control"] == "no-store"


def test_a_script_gets_the_papers_alone(client, reader):
    response = client.post(page_of(reader), chosen(), headers=FRAGMENT)
    text = response.content.decode()
    assert "Agents &amp; acts" in text
    assert "you follow Agents" in text
    assert 'data-summary="1 paper, and why."' in text
    assert "<html" not in text
    assert "<form" not in text


def test_a_mistake_is_told_in_place_of_papers(client, reader):
    wrong = chosen(hour="24", keywords="?<b>!")
    page = client.post(page_of(reader), wrong)
    assert list(page.context["form"].errors) == ["hour"]
    piece = client.post(page_of(reader), wrong | {"keywords": "<!>"}, headers=FRAGMENT)
    text = piece.content.decode()
    assert "Please choose from the list." in text
    assert "“&lt;!&gt;” has no letters" in text
    assert "Agents" not in text


def test_nothing_that_matches_is_said(client, reader):
    data = chosen(**{"topic-agents": "off"}, keywords="nobody writes this")
    response = client.post(page_of(reader), data, headers=FRAGMENT)
    assert "Nothing new would match" in response.content.decode()


@pytest.mark.parametrize("method", ["get", "head"])
def test_its_address_without_a_form_leads_to_the_preferences(client, reader, method):
    response = getattr(client, method)(page_of(reader))
    assert (response.status_code, response["Location"][:13]) == (302, "/preferences/")


@pytest.mark.parametrize("purpose", Purpose)
def test_it_opens_with_the_link_to_the_preferences_only(client, reader, purpose):
    status = client.post(page_of(reader, purpose), chosen()).status_code
    assert status == (200 if purpose is Purpose.PREFERENCES else 404)


def test_who_left_has_no_preview(client, reader):
    Subscriber.objects.update(state="unsubscribed")
    assert client.post(page_of(reader), chosen()).status_code == 302


def test_other_sites_cannot_ask(reader):
    assert Client(enforce_csrf_checks=True).post(page_of(reader), chosen()).status_code == 403


@pytest.mark.parametrize("value", ["\0", "9" * 5000, "\ud800", "<script>", "x" * 200_000])
def test_no_value_brings_it_down(client, reader, value):
    for name in [*chosen(), "keywords", "authors", "excluded", "topic-agents", "is_counted"]:
        response = post_raw(client, page_of(reader), chosen(**{name: value}))
        assert response.status_code == 200
        assert b"<script>" not in response.content
