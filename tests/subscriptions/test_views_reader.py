"""The pages for confirming, and for who has left."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from subscriptions import optin
from subscriptions.models import Subscriber
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT
from tests.subscriptions.pages import path, snapshot

State = Subscriber.State


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


def test_the_confirm_page_shows_a_button_and_the_topics(client, make_subscriber):
    reader = make_subscriber(state=State.PENDING, topics=["agents"])
    response = client.get(path(Purpose.CONFIRM, reader))

    assert response.context["is_confirmed"] is False
    assert [topic.slug for topic in response.context["topics"]] == ["agents"]
    assert b"<button" in response.content


def test_confirming_leads_to_the_preferences(client, make_subscriber):
    reader = make_subscriber(state=State.PENDING, topics=["agents"])
    response = client.post(path(Purpose.CONFIRM, reader))

    assert response.status_code == 303
    assert response["Location"].startswith("/preferences/")
    reader.refresh_from_db()
    assert reader.state == State.CONFIRMED
    assert reader.consents.get().page == "/confirm/"
    page = client.get(response["Location"])
    assert (page.status_code, page.context["is_welcome"]) == (200, True)


def test_a_second_visit_says_that_all_is_done(client, make_subscriber):
    link = path(Purpose.CONFIRM, make_subscriber(topics=["agents"]))
    before = snapshot()

    assert client.get(link).context["is_confirmed"] is True
    assert client.post(link).status_code == 303
    assert snapshot() == before


@pytest.mark.parametrize("state", [State.UNSUBSCRIBED, State.SUPPRESSED, State.BOUNCED])
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_left_cannot_come_back_by_an_old_link(client, make_subscriber, state, method):
    link = path(Purpose.CONFIRM, make_subscriber(state=state))
    before = snapshot()

    assert getattr(client, method)(link).status_code == 404
    assert snapshot() == before


def test_losing_the_race_against_leaving_is_a_bad_link(client, make_subscriber, monkeypatch):
    monkeypatch.setattr(optin, "confirm", lambda *args, **kwargs: False)
    link = path(Purpose.CONFIRM, make_subscriber(state=State.PENDING))

    assert client.post(link).status_code == 404


def test_a_confirmation_link_expires(client, make_subscriber, clock, settings):
    link = path(Purpose.CONFIRM, make_subscriber(state=State.PENDING))
    clock.shift(timedelta(hours=settings.CONFIRM_HOURS, minutes=1))

    assert client.get(link).status_code == 404
    assert client.post(link).status_code == 404


def test_who_has_left_is_not_asked_again(client, make_subscriber):
    reader = make_subscriber(state=State.UNSUBSCRIBED)
    response = client.get(path(Purpose.UNSUBSCRIBE, reader))
    assert b"You have left" in response.content
    assert b"<form" not in response.content
