"""Changing wishes: what is kept, what is planned anew, and what is never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from subscriptions import cadence, optin
from subscriptions.models import Subscriber
from subscriptions.optin import Choices, Preferences
from subscriptions.phrases import Words, words_of
from tests.conftest import MOMENT

State = Subscriber.State
DAY = timedelta(days=1)
WEEKLY = Choices(cadence="weekly", weekday=4, hour=9, time_zone="Asia/Tokyo", length=5)


def chosen(reader):
    slugs = reader.topics.values_list("slug", flat=True)
    return reader.cadence, reader.hour, reader.time_zone, reader.length, sorted(slugs)


def test_choosing_replaces_topics_and_plans_anew(make_subscriber, make_topic):
    reader = make_subscriber(topics=["agents", "vision"], next_digest_at=MOMENT + DAY)
    reader.interests.filter(topic__slug="vision").update(weight=2)
    weights = {make_topic("agents"): None, make_topic("vision"): 2, make_topic("speech"): 1}
    optin.choose(reader, weights=weights, choices=WEEKLY, at=MOMENT)

    reader.refresh_from_db()
    assert chosen(reader) == ("weekly", 9, "Asia/Tokyo", 5, ["speech", "vision"])
    assert reader.next_digest_at == datetime(2026, 3, 20, 0, tzinfo=UTC)  # Friday, 9 in Tokyo
    assert reader.interests.get(topic__slug="vision").weight == 2


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=5)])
@pytest.mark.parametrize("choices", [WEEKLY, Choices()])
def test_choosing_does_not_lose_a_digest_that_is_due(make_subscriber, make_topic, late, choices):
    reader = make_subscriber(next_digest_at=MOMENT - late)
    optin.choose(reader, weights={make_topic("speech"): 1}, choices=choices, at=MOMENT)

    reader.refresh_from_db()
    assert reader.next_digest_at == MOMENT - late


def test_choosing_other_topics_leaves_the_plan_alone(make_subscriber, make_topic):
    planned = MOMENT + timedelta(minutes=7)
    reader = make_subscriber(next_digest_at=planned)
    optin.choose(reader, weights={make_topic("speech"): 1}, choices=Choices(length=3), at=MOMENT)

    reader.refresh_from_db()
    assert (reader.next_digest_at, reader.length) == (planned, 3)


@pytest.mark.parametrize(
    "changes", [{"cadence": "weekly"}, {"weekday": 4}, {"hour": 9}, {"time_zone": "Asia/Tokyo"}]
)
def test_every_wish_for_the_time_plans_anew(make_subscriber, changes):
    planned = MOMENT + timedelta(minutes=7)
    reader = make_subscriber(next_digest_at=planned)
    optin.amend(reader, changes, at=MOMENT)

    reader.refresh_from_db()
    assert reader.next_digest_at == cadence.plan(reader, at=MOMENT) != planned


def test_who_is_confirmed_without_a_plan_gets_one(make_subscriber):
    reader = make_subscriber()
    optin.amend(reader, {"length": 9}, at=MOMENT)

    reader.refresh_from_db()
    assert reader.next_digest_at == datetime(2026, 3, 18, 7, tzinfo=UTC)


def test_amending_an_older_copy_does_not_undo_leaving(make_subscriber):
    stale = make_subscriber(next_digest_at=MOMENT + DAY)
    Subscriber.objects.get().unsubscribe(at=MOMENT)
    optin.amend(stale, {"hour": 9}, at=MOMENT)

    reader = Subscriber.objects.get()
    assert (reader.state, reader.next_digest_at) == (State.UNSUBSCRIBED, None)
    assert reader.hour == 9


def test_who_is_no_reader_cannot_choose(make_subscriber, make_topic):
    reader = make_subscriber(state=State.UNSUBSCRIBED, topics=["agents"])
    optin.choose(reader, weights={make_topic("speech"): 1}, choices=WEEKLY, at=MOMENT)

    reader.refresh_from_db()
    assert chosen(reader) == ("daily", 7, "UTC", 7, ["agents"])
    assert reader.next_digest_at is None


def test_topics_that_are_not_named_stay_as_they_are(make_subscriber, make_topic):
    reader = make_subscriber(topics=["agents", "retired"])
    optin.choose(reader, weights={make_topic("agents"): 0}, choices=Choices(), at=MOMENT)
    weights = dict(reader.interests.values_list("topic__slug", "weight"))
    assert weights == {"agents": 0, "retired": 1}


def test_all_that_a_reader_may_choose_is_kept(make_subscriber):
    reader, words = make_subscriber(), Words(["World models"], ["robots"], ["Ada Example"])
    choices = Preferences(trend_share=0.9, is_text_only=True, language="de")
    optin.choose(reader, weights={}, choices=choices, words=words, at=MOMENT)
    optin.choose(reader, weights={}, choices=choices, at=MOMENT)

    reader.refresh_from_db()
    assert (reader.trend_share, reader.is_text_only, reader.language) == (0.9, True, "de")
    assert words_of(reader) == (["world models"], ["robots"], ["ada example"])
