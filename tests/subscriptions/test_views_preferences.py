"""The page for choosing, and the pause on it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.http import QueryDict
from django.test import Client

from subscriptions.models import Interest, Phrase, Subscriber, Wish
from subscriptions.phrases import words_of
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT
from tests.subscriptions.pages import chosen, path, post_raw, snapshot

State = Subscriber.State
WISHES = chosen(
    **{"topic-agents": "more"}, cadence="weekly", weekday="2", hour="18", length="12",
    time_zone="Europe/Berlin", trend="10", format="text", language="de", keywords="LoRA",
    excluded="robots", authors="Ada Example",
)  # fmt: skip


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


@pytest.fixture
def reader(make_subscriber):
    return make_subscriber(topics=["agents"])


def everything() -> list[object]:
    return [*snapshot(), *(list(model.objects.values()) for model in (Interest, Phrase, Wish))]


def pause(client, reader, **fields):
    return client.post(f"{path(Purpose.PREFERENCES, reader)}pause/", {"act": "pause", **fields})


def test_preferences_are_saved_and_shown_again(client, reader):
    response = client.post(path(Purpose.PREFERENCES, reader), WISHES)
    assert response.status_code == 303
    page = client.get(response["Location"])
    assert (page.context["said"], page.context["is_welcome"]) == ("saved", False)
    assert "Mittwoch, 18. März 2026" in page.content.decode()

    reader.refresh_from_db()
    assert (reader.cadence, reader.weekday, reader.hour, reader.length) == ("weekly", 2, 18, 12)
    assert (reader.trend_share, reader.is_text_only, reader.language) == (0.1, True, "de")
    assert reader.interests.get().weight == 2
    assert words_of(reader) == (["lora"], ["robots"], ["ada example"])
    assert reader.next_digest_at == datetime(2026, 3, 18, 17, tzinfo=UTC)


def test_the_next_digest_is_shown_in_the_readers_own_time(client, make_subscriber):
    at = datetime(2026, 3, 18, 1, tzinfo=UTC)
    reader = make_subscriber(time_zone="America/New_York", next_digest_at=at)
    response = client.get(path(Purpose.PREFERENCES, reader))
    assert response.context["next_digest"].isoformat() == "2026-03-17T21:00:00-04:00"
    assert "at 21:00</time> (America/New_York)" in response.content.decode()


def test_a_digest_that_is_due_already_is_announced_without_a_time(client, make_subscriber):
    reader = make_subscriber(next_digest_at=datetime(2026, 3, 17, 7, tzinfo=UTC))
    response = client.get(path(Purpose.PREFERENCES, reader))
    assert response.context["next_digest"] is None
    assert b"are on their way" in response.content


def test_the_page_hides_most_of_the_address(client, make_subscriber):
    response = client.get(path(Purpose.PREFERENCES, make_subscriber("alice@example.net")))
    assert "a…e@example.net" in response.content.decode()
    assert b"alice@" not in response.content


def test_a_mistake_is_told_at_its_field_and_nothing_is_saved(client, reader):
    link, before = path(Purpose.PREFERENCES, reader), everything()
    response = client.post(link + "?saved=1", {**WISHES, "hour": "24", "keywords": "<b>?!</b>"})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["hour"]
    page = response.content.decode()
    assert 'aria-describedby="id_hour_error"' in page
    assert 'id="id_hour_error"' in page
    assert "<b>?!" not in page
    assert response.context["said"] == ""
    assert everything() == before


def test_looking_changes_nothing(client, reader):
    before, link = everything(), path(Purpose.PREFERENCES, reader)
    for page in (link, f"{link}?saved=1", f"{link}?paused=1", f"{link}said/", f"{link}said/?ask=1"):
        assert client.get(page).status_code == client.head(page).status_code == 200
    assert client.get(f"{link}pause/").status_code == 405
    assert everything() == before


@pytest.mark.parametrize("state", set(State) - {State.CONFIRMED})
def test_who_is_no_reader_sees_that_and_cannot_choose(client, make_subscriber, state):
    reader = make_subscriber(state=state, topics=["agents"])
    link, before = path(Purpose.PREFERENCES, reader), everything()
    response = client.get(link)
    assert response.context["is_active"] is False
    assert b"<form" not in response.content
    assert client.post(link, WISHES).context["is_active"] is False
    assert pause(client, reader, until="2026-04-01").context["is_active"] is False
    assert client.get(f"{link}said/").status_code == 404
    assert everything() == before


def test_only_what_the_page_offers_can_be_set(client, reader):
    mine = {
        "email": "eve@example.net", "state": "suppressed", "token_version": "9",
        "public_id": "0" * 32, "bounce_score": "9", "next_digest_at": "2020-01-01",
        "paused_until": "2027-01-01", "catches_up": "on", "topic-hidden": "more",
        "is_counted": "on", "subscriber": "1", "topics": "agents",
    }  # fmt: skip
    client.post(path(Purpose.PREFERENCES, reader), {**chosen(), **mine})
    after = Subscriber.objects.get()
    names = ("email", "state", "token_version", "public_id", "bounce_score", "paused_until")
    assert [getattr(after, name) for name in names] == [getattr(reader, name) for name in names]
    assert (after.catches_up, after.is_counted) == (False, False)
    assert after.next_digest_at == datetime(2026, 3, 18, 7, tzinfo=UTC)


def test_of_what_is_sent_twice_the_last_counts(client, reader):
    data = QueryDict(mutable=True)
    data.update(chosen())
    data.setlist("hour", ["3", "x", "9"])
    data.setlist("topic-agents", ["off", "less"])
    response = client.generic(
        "POST",
        path(Purpose.PREFERENCES, reader),
        data.urlencode(),
        content_type="application/x-www-form-urlencoded",
    )
    assert response.status_code == 303
    reader.refresh_from_db()
    assert (reader.hour, reader.interests.get().weight) == (9, 0.5)


@pytest.mark.parametrize("page", ["", "pause/", "said/"])
def test_no_body_brings_a_page_down(client, reader, page):
    link = f"{path(Purpose.PREFERENCES, reader)}{page}"
    bodies = [
        {f"topic-{n}": "more" for n in range(1001)},
        dict.fromkeys(WISHES, "\x00�"),
        dict.fromkeys([*WISHES, "until", "act"], "9" * 5000),
        {"act": "unsay:" + "9" * 400, "until": "0000-00-00"},
        {"act": "unsay:²", "until": "2026-13-01"},
        {},
    ]
    for body in bodies:
        assert post_raw(client, link, body).status_code < 500


def test_other_sites_cannot_choose(reader):
    stranger = Client(enforce_csrf_checks=True)
    for page in ("", "pause/", "said/"):
        link = f"{path(Purpose.PREFERENCES, reader)}{page}"
        assert stranger.post(link, {**WISHES, "act": "forget"}).status_code == 403


# --- the pause ------------------------------------------------------------------------


def test_a_reader_pauses_and_goes_on(client, reader):
    response = pause(client, reader, until="2026-04-01", catches_up="on")
    page = client.get(response["Location"])
    assert (page.context["said"], page.context["is_paused"]) == ("paused", True)
    text = page.content.decode()
    assert "Wednesday, 1 April 2026, at 07:00" in text
    assert "Paused until 1 April 2026." in text
    assert "what you missed" in text
    reader.refresh_from_db()
    assert (reader.paused_until, reader.catches_up) == (date(2026, 4, 1), True)

    link = f"{path(Purpose.PREFERENCES, reader)}pause/"
    page = client.get(client.post(link, {"act": "resume"})["Location"])
    assert (page.context["said"], page.context["is_paused"]) == ("resumed", False)
    reader.refresh_from_db()
    assert reader.next_digest_at == datetime(2026, 3, 18, 7, tzinfo=UTC)


def test_an_unticked_box_means_no_catching_up(client, reader):
    pause(client, reader, until="2026-04-01")
    reader.refresh_from_db()
    assert reader.catches_up is False


def test_a_pause_that_cannot_be_is_explained(client, reader):
    before = everything()
    response = pause(client, reader, until="2026-03-17")
    page = response.content.decode()
    assert "Please choose a day after today." in page
    assert 'aria-describedby="id_until_error"' in page
    assert everything() == before
