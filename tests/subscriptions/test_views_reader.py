"""The pages for confirming and for choosing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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


# --- confirming -----------------------------------------------------------------------


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


# --- preferences ----------------------------------------------------------------------


WISHES = {
    "topics": ["agents"], "cadence": "weekly", "weekday": "2", "hour": "18",
    "time_zone": "Europe/Berlin", "length": "12",
}  # fmt: skip


def test_preferences_are_saved_and_shown_again(client, make_subscriber):
    reader = make_subscriber(topics=["agents"])
    response = client.post(path(Purpose.PREFERENCES, reader), WISHES)

    assert response.status_code == 303
    page = client.get(response["Location"])
    assert (page.context["is_saved"], page.context["is_welcome"]) == (True, False)
    reader.refresh_from_db()
    assert (reader.cadence, reader.weekday, reader.hour, reader.length) == ("weekly", 2, 18, 12)
    assert reader.next_digest_at == datetime(2026, 3, 18, 17, tzinfo=UTC)


def test_the_next_digest_is_shown_in_the_readers_own_time(client, make_subscriber):
    at = datetime(2026, 3, 18, 1, tzinfo=UTC)
    reader = make_subscriber(time_zone="America/New_York", next_digest_at=at)
    response = client.get(path(Purpose.PREFERENCES, reader))

    assert response.context["next_digest"].isoformat() == "2026-03-17T21:00:00-04:00"
    assert b"21:00</time>" in response.content


def test_a_digest_that_is_due_already_is_announced_without_a_time(client, make_subscriber):
    reader = make_subscriber(next_digest_at=datetime(2026, 3, 17, 7, tzinfo=UTC))
    response = client.get(path(Purpose.PREFERENCES, reader))

    assert response.context["next_digest"] is None
    assert b"are on their way" in response.content


def test_the_preferences_page_hides_most_of_the_address(client, make_subscriber):
    response = client.get(path(Purpose.PREFERENCES, make_subscriber("alice@example.net")))

    assert "a…e@example.net" in response.content.decode()
    assert b"alice@" not in response.content
    assert response.context["next_digest"] is None


def test_preferences_with_a_mistake_are_explained_and_not_saved(client, make_subscriber):
    link = path(Purpose.PREFERENCES, make_subscriber(topics=["agents"]))
    before = snapshot()
    response = client.post(link + "?saved=1", {**WISHES, "hour": "24"})

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["hour"]
    assert response.context["is_saved"] is False
    assert snapshot() == before


@pytest.mark.parametrize("state", set(State) - {State.CONFIRMED})
def test_who_is_no_reader_sees_that_and_cannot_choose(client, make_subscriber, state):
    link = path(Purpose.PREFERENCES, make_subscriber(state=state, topics=["agents"]))
    before = snapshot()

    response = client.get(link)
    assert response.context["is_active"] is False
    assert b"<form" not in response.content
    assert client.post(link, WISHES).context["is_active"] is False
    assert snapshot() == before


def test_who_has_left_is_not_asked_again(client, make_subscriber):
    reader = make_subscriber(state=State.UNSUBSCRIBED)
    response = client.get(path(Purpose.UNSUBSCRIBE, reader))
    assert b"You have left" in response.content
    assert b"<form" not in response.content
