from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from subscriptions import cadence
from subscriptions.cadence import DAY, Schedule, Slot

ZONES = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
HOURS = (0, 2, 3, 7, 23)


def wall(year, month, day):
    """Midnight on whichever clock hangs there."""
    return datetime(year, month, day)  # noqa: DTZ001


def daily(hour, zone):
    return Schedule("daily", 0, hour, zone)


def weekly(weekday, hour=7, zone="UTC"):
    return Schedule("weekly", weekday, hour, zone)


def slots_around(schedule, day, *, before=2, after=2):
    """The slots from some days before `day` to some days after."""
    at = cadence.moment(day.date() - before * DAY, hour=0, time_zone=schedule.time_zone)
    slots, end = [], at + (before + after) * DAY
    while at < end:
        slots.append(cadence.next_slot(schedule, after=at))
        at = slots[-1].at
    return slots


def assert_regular(slots):
    for slot, following in pairwise(slots):
        assert following.on - slot.on == DAY
        assert timedelta(hours=20) <= following.at - slot.at <= timedelta(hours=28)


def dates(slots):
    return [f"{slot.on:%d}" for slot in slots]


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Nuuk", wall(2024, 3, 31)),  # late in the evening before
        ("Australia/Lord_Howe", wall(2024, 4, 7)),  # half an hour
        ("Africa/Casablanca", wall(2024, 3, 10)),  # Ramadan
        ("Africa/Casablanca", wall(2024, 4, 14)),
        ("Asia/Pyongyang", wall(2015, 8, 15)),  # half an hour, for good
    ],
)
def test_unusual_clock_changes_lose_no_date(zone, day):
    info = zoneinfo.ZoneInfo(zone)
    assert info.utcoffset(day - DAY) != info.utcoffset(day + DAY)
    for hour in range(24):
        assert_regular(slots_around(daily(hour, zone), day))


@pytest.mark.parametrize("hour", HOURS)
@pytest.mark.parametrize(
    ("zone", "missing", "dates_around"),
    [
        ("Pacific/Apia", wall(2011, 12, 30), ["28", "29", "31", "01"]),
        ("Kwajalein", wall(1993, 8, 21), ["19", "20", "22", "23"]),
    ],
)
def test_a_date_that_a_zone_skipped_has_no_slot(zone, missing, dates_around, hour):
    slots = slots_around(daily(hour, zone), missing, before=3, after=4)
    around = [slot for slot in slots if abs(slot.on - missing.date()) <= 2 * DAY]
    assert dates(around) == dates_around
    assert all(slot.at < following.at for slot, following in pairwise(slots))


def test_an_hour_that_is_skipped_moves_forward_and_of_a_double_hour_the_first_counts():
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    moved = cadence.moment(spring, hour=2, time_zone="Europe/Berlin")
    assert moved == datetime(2026, 3, 29, 1, tzinfo=UTC)  # 3 o'clock summer time
    first = cadence.moment(autumn, hour=2, time_zone="Europe/Berlin")
    assert first == datetime(2026, 10, 25, 0, tzinfo=UTC)  # still summer time


schedules = st.builds(
    Schedule,
    cadence=st.sampled_from(["daily", "weekdays", "weekly", "monthly"]),
    weekday=st.integers(0, 6),
    hour=st.integers(0, 23),
    time_zone=st.sampled_from(ZONES),
)
moments = st.datetimes(
    wall(1990, 1, 1),
    wall(2040, 1, 1),
    timezones=st.just(UTC),
)


@given(schedules, moments)
@example(daily(0, "America/St_Johns"), datetime(2010, 11, 7, 2, 45, tzinfo=UTC))  # 00:01 -> 23:01
def test_next_and_latest_agree(schedule, at):
    latest = cadence.latest_slot(schedule, at=at)
    following = cadence.next_slot(schedule, after=at)
    assert latest.at <= at < following.at
    assert cadence.latest_slot(schedule, at=following.at) == following
    assert cadence.next_slot(schedule, after=latest.at) == following
    assert cadence.next_slot(schedule, after=following.at - timedelta(microseconds=1)) == following


@given(schedules, moments)
@example(daily(23, "America/Nuuk"), datetime(2026, 3, 28, 12, tzinfo=UTC))  # to midnight
def test_a_slot_is_at_the_readers_hour_or_just_after_a_skipped_one(schedule, at):
    slot = cadence.next_slot(schedule, after=at)
    there = slot.at.astimezone(zoneinfo.ZoneInfo(schedule.time_zone)).replace(tzinfo=None)
    wanted = datetime.combine(slot.on, time(schedule.hour))
    assert timedelta(0) <= there - wanted <= timedelta(hours=2)
    assert schedule.is_slot_day(slot.on)


SKIPPED = {date(2011, 12, 30), date(1993, 8, 21), date(1994, 12, 31), date(1995, 1, 1)}


@given(schedules, moments)
def test_no_date_between_two_slots_should_have_had_one(schedule, at):
    slot = cadence.next_slot(schedule, after=at)
    following = cadence.next_slot(schedule, after=slot.at)
    between = [slot.on + DAY * n for n in range(1, (following.on - slot.on).days)]
    assert {day for day in between if schedule.is_slot_day(day)} <= SKIPPED


def days_of(schedule, first, last):
    days = (first + DAY * n for n in range((last - first).days + 1))
    return [day.isoformat() for day in days if schedule.is_slot_day(day)]


def test_weekdays_are_monday_to_friday():
    schedule = Schedule("weekdays", 6, 7, "UTC")  # the chosen weekday does not count
    days = days_of(schedule, date(2026, 3, 13), date(2026, 3, 20))
    assert [day[-2:] for day in days] == ["13", "16", "17", "18", "19", "20"]


def test_a_monthly_digest_comes_on_the_first_such_weekday():
    tuesdays = Schedule("monthly", 1, 7, "UTC")
    assert days_of(tuesdays, date(2026, 1, 1), date(2026, 9, 30)) == [
        *("2026-01-06", "2026-02-03", "2026-03-03", "2026-04-07", "2026-05-05"),
        *("2026-06-02", "2026-07-07", "2026-08-04", "2026-09-01"),
    ]


@given(st.integers(0, 6), st.integers(2000, 2100))
def test_a_year_has_twelve_monthly_digests_one_in_each_month(weekday, year):
    days = days_of(Schedule("monthly", weekday, 7, "UTC"), date(year, 1, 1), date(year, 12, 31))
    assert [day[5:7] for day in days] == [f"{month:02}" for month in range(1, 13)]


@pytest.mark.parametrize(
    ("kind", "default", "hours"),
    [
        *(("daily", 12, 12), ("weekdays", 12, 12), ("weekly", 12, 72), ("monthly", 12, 72)),
        *(("daily", 100, 100), ("weekly", 100, 100), ("monthly", 100, 100)),
    ],
)
def test_who_would_wait_for_long_is_caught_up_for_three_days_at_least(kind, default, hours):
    assert cadence.catch_up(kind, timedelta(hours=default)) == timedelta(hours=hours)


def test_a_weekly_digest_whose_day_was_skipped_comes_a_week_later():
    friday = weekly(4, zone="Pacific/Apia")
    before = datetime(2011, 12, 28, tzinfo=UTC)
    assert cadence.next_slot(friday, after=before).on == date(2012, 1, 6)


class Reader:
    cadence, weekday, hour, time_zone = "daily", 0, 7, "Asia/Tokyo"
    paused_until = None


SEVEN_THERE = datetime(2026, 3, 16, 22, tzinfo=UTC)  # of 17 March


def test_plan_is_strictly_later():
    assert cadence.plan(Reader(), at=SEVEN_THERE) == SEVEN_THERE + DAY
    assert cadence.plan(Reader(), at=SEVEN_THERE - timedelta(seconds=1)) == SEVEN_THERE


@pytest.mark.parametrize(
    ("late", "expected"),
    [(0, SEVEN_THERE), (12, SEVEN_THERE), (12.01, SEVEN_THERE + DAY), (-1, SEVEN_THERE)],
)
def test_who_confirms_soon_after_his_hour_gets_todays_digest(late, expected):
    at = SEVEN_THERE + timedelta(hours=late)
    assert cadence.first(Reader(), at=at, catch_up=timedelta(hours=12)) == expected


def test_a_slot_is_named_by_the_readers_own_date():
    slot = cadence.latest_slot(Schedule.of(Reader()), at=SEVEN_THERE)
    assert slot == Slot(date(2026, 3, 17), SEVEN_THERE)
    assert cadence.local_date(SEVEN_THERE, "Asia/Tokyo") == date(2026, 3, 17)


def test_a_zone_that_this_machine_does_not_know_counts_as_utc():
    wishes = Schedule("daily", 0, 7, "Mars/Olympus_Mons")
    noon = datetime(2026, 3, 17, 12, tzinfo=UTC)
    assert cadence.latest_slot(wishes, at=noon).at == datetime(2026, 3, 17, 7, tzinfo=UTC)
