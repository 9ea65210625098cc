"""A pause: what is planned meanwhile, what is made up for, and how it ends."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions import cadence, optin
from subscriptions.cadence import DAY, Schedule
from subscriptions.models import Subscriber
from subscriptions.optin import LONGEST_PAUSE, Choices
from tests.conftest import MOMENT

ZONES = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
TODAY = date(2026, 3, 17)  # of MOMENT in UTC, a Tuesday
SCHEDULES = st.builds(
    Schedule,
    st.sampled_from(Subscriber.Cadence.values),
    st.integers(0, 6),
    st.integers(0, 23),
    st.sampled_from(ZONES),
)
DATES = st.dates(date(2015, 1, 1), date(2030, 1, 1))


@given(SCHEDULES, DATES, st.integers(-3, 400), st.integers(0, 23))
def test_the_next_digest_is_the_first_one_that_a_pause_leaves(schedule, on, days, hour):
    at, since = datetime(on.year, on.month, on.day, hour, tzinfo=UTC), on + days * DAY
    found = cadence.next_slot(schedule, after=at, since=since)
    assert found.at > at
    assert found.on >= since
    usual = cadence.next_slot(schedule, after=at)
    while usual.on < since:
        usual = cadence.next_slot(schedule, after=usual.at)
    assert found == usual


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", datetime(2026, 4, 1, 7, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2026, 3, 31, 22, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 4, 1, 11, tzinfo=UTC)),  # summer time by then
    ],
)
def test_a_pause_ends_at_the_readers_own_hour(make_subscriber, zone, expected):
    reader = make_subscriber(time_zone=zone, next_digest_at=MOMENT + DAY)
    optin.pause(reader, until=date(2026, 4, 1), catches_up=True, at=MOMENT)

    reader.refresh_from_db()
    assert reader.next_digest_at == expected
    assert (reader.paused_on, reader.paused_until) == (TODAY, date(2026, 4, 1))
    assert reader.catches_up


def test_a_digest_that_is_due_falls_into_the_pause(make_subscriber):
    reader = make_subscriber(next_digest_at=MOMENT - timedelta(hours=1))
    optin.pause(reader, until=TODAY + DAY, catches_up=False, at=MOMENT)

    reader.refresh_from_db()
    assert reader.next_digest_at == datetime(2026, 3, 18, 7, tzinfo=UTC)


def test_other_wishes_do_not_end_a_pause(make_subscriber, make_topic):
    reader = make_subscriber()
    optin.pause(reader, until=date(2026, 5, 1), catches_up=False, at=MOMENT)
    optin.amend(reader, {"cadence": "weekly", "hour": 9}, at=MOMENT)

    reader.refresh_from_db()
    assert reader.next_digest_at == datetime(2026, 5, 4, 9, tzinfo=UTC)  # a Monday


def test_a_pause_that_is_made_longer_began_when_it_began(make_subscriber):
    reader = make_subscriber()
    optin.pause(reader, until=TODAY + 5 * DAY, catches_up=True, at=MOMENT)
    optin.pause(reader, until=TODAY + 20 * DAY, catches_up=True, at=MOMENT + 4 * DAY)
    reader.refresh_from_db()
    assert reader.paused_on == TODAY

    optin.pause(reader, until=TODAY + 40 * DAY, catches_up=True, at=MOMENT + 30 * DAY)
    reader.refresh_from_db()
    assert reader.paused_on == TODAY + 30 * DAY


@pytest.mark.parametrize("catches_up", [True, False])
def test_resuming_plans_the_next_digest_as_ever(make_subscriber, catches_up):
    reader = make_subscriber()
    optin.pause(reader, until=TODAY + 60 * DAY, catches_up=catches_up, at=MOMENT)
    optin.resume(reader, at=MOMENT + 3 * DAY)

    reader.refresh_from_db()
    assert reader.next_digest_at == datetime(2026, 3, 21, 7, tzinfo=UTC)
    assert not cadence.is_paused(reader, at=MOMENT + 3 * DAY)
    assert (reader.catches_up, reader.paused_until) == (catches_up, TODAY + 3 * DAY)


def test_resuming_without_a_pause_changes_nothing(make_subscriber):
    reader = make_subscriber(next_digest_at=MOMENT - DAY)  # due
    optin.resume(reader, at=MOMENT)
    reader.refresh_from_db()
    assert (reader.next_digest_at, reader.paused_until) == (MOMENT - DAY, None)


@pytest.mark.parametrize("days", [-1, 0, LONGEST_PAUSE.days + 1, 100_000])
def test_a_pause_lasts_from_a_day_to_a_year(make_subscriber, days):
    reader = make_subscriber(next_digest_at=MOMENT + DAY)
    with pytest.raises(ValueError, match="cannot last"):
        optin.pause(reader, until=TODAY + days * DAY, catches_up=False, at=MOMENT)
    reader.refresh_from_db()
    assert reader.paused_until is None


def test_today_is_the_readers_own(make_subscriber):
    """It is Wednesday already in Auckland."""
    reader = make_subscriber(time_zone="Pacific/Auckland")
    with pytest.raises(ValueError, match="cannot last"):
        optin.pause(reader, until=TODAY + DAY, catches_up=False, at=MOMENT)
    optin.pause(reader, until=TODAY + 2 * DAY, catches_up=False, at=MOMENT)


@pytest.mark.parametrize("state", set(Subscriber.State) - {Subscriber.State.CONFIRMED})
def test_who_gets_nothing_cannot_pause(make_subscriber, state):
    reader = make_subscriber(state=state)
    optin.pause(reader, until=TODAY + DAY, catches_up=True, at=MOMENT)
    reader.refresh_from_db()
    assert (reader.paused_until, reader.next_digest_at) == (None, None)


def test_who_comes_back_after_leaving_is_not_paused(make_subscriber, make_topic):
    reader = make_subscriber("ada@example.net")
    optin.pause(reader, until=TODAY + 60 * DAY, catches_up=True, at=MOMENT)
    optin.leave(reader, at=MOMENT, ip=None, page="/")
    optin.ask(reader.email, topics=[make_topic()], choices=Choices(), at=MOMENT, ip=None, page="/")
    optin.confirm(reader, at=MOMENT, ip=None, page="/")

    reader.refresh_from_db()
    assert reader.next_digest_at <= MOMENT
    assert (reader.paused_on, reader.catches_up) == (None, False)
