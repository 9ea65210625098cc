from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from papers import announcements

NEW_YORK = ZoneInfo("America/New_York")
THANKSGIVING = date(2026, 11, 26)  # a Thursday


def eastern(month, day, hour, minute=0):
    return datetime(2026, month, day, hour, minute, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("submitted_at", "listed_on"),
    [
        (eastern(3, 16, 13, 59), date(2026, 3, 17)),  # Monday before 14:00: Tuesday's list
        (eastern(3, 16, 14), date(2026, 3, 18)),  # ... from 14:00: the next one
        (eastern(3, 19, 13), date(2026, 3, 20)),  # Thursday
        (eastern(3, 19, 15), date(2026, 3, 23)),  # to Friday 14:00: announced on Sunday
        (eastern(3, 20, 13, 59), date(2026, 3, 23)),
        (eastern(3, 20, 14), date(2026, 3, 24)),  # Friday afternoon and the week-end
        (eastern(3, 22, 23), date(2026, 3, 24)),
        (eastern(11, 25, 13), date(2026, 11, 26)),
        (eastern(11, 25, 15), date(2026, 11, 30)),  # Thanksgiving freezes nothing
        (eastern(12, 24, 15), date(2026, 12, 29)),  # a holiday on Friday: no Sunday either
        (eastern(12, 28, 15), date(2026, 12, 31)),
    ],
)
def test_a_submission_belongs_to_the_next_list_that_is_frozen_after_it(submitted_at, listed_on):
    assert announcements.list_date(submitted_at) == listed_on
    assert announcements.list_date(submitted_at.astimezone(UTC)) == listed_on


@pytest.mark.parametrize("month", [1, 7])
def test_the_freeze_is_at_14_in_new_york_in_summer_and_winter(month):
    hour = 18 if month == 7 else 19
    freeze = datetime(2026, month, 13, hour, tzinfo=UTC)
    before, after = freeze - timedelta(seconds=1), freeze
    assert announcements.list_date(after) > announcements.list_date(before)


def test_there_are_lists_on_working_days_after_days_of_work():
    week = [date(2026, 11, 23) + timedelta(days=age) for age in range(8)]
    assert [day.day for day in week if announcements.has_list(day)] == [23, 24, 25, 26, 30]


def test_the_next_list_leaves_out_week_ends_and_holidays():
    assert announcements.next_list(THANKSGIVING) == date(2026, 11, 30)
    assert announcements.next_list(date(2026, 3, 16)) == date(2026, 3, 17)


def test_a_list_is_announced_on_the_evening_before():
    assert announcements.announced_at(date(2026, 3, 17)) == datetime(2026, 3, 17, 0, tzinfo=UTC)
    assert announcements.announced_at(date(2026, 1, 13)) == datetime(2026, 1, 13, 1, tzinfo=UTC)


def test_every_submission_comes_before_its_list():
    for hours in range(0, 24 * 400, 7):
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        day = announcements.list_date(moment)
        assert announcements.has_list(day), moment
        assert moment < announcements.announced_at(day), moment


@pytest.mark.parametrize(
    ("at", "is_odd"),
    [
        (eastern(3, 16, 12), True),
        (eastern(3, 21, 12), False),  # Saturday
        (eastern(11, 26, 12), True),  # the list of Wednesday evening
        (eastern(11, 27, 12), False),  # the day after Thanksgiving
        (eastern(3, 20, 23), True),  # already Saturday in UTC, but not in New York
        (eastern(3, 22, 23), False),  # already announced, but the feed is made at midnight
    ],
)
def test_an_empty_feed_is_odd_on_days_with_a_list_only(at, is_odd):
    assert announcements.feeds_hold_papers(at.astimezone(UTC)) == is_odd


@pytest.mark.parametrize(
    ("at", "is_rush"),
    [
        (eastern(3, 16, 20), True),
        (eastern(3, 16, 20, 59), True),
        (eastern(3, 16, 21), False),
        (eastern(3, 16, 19, 59), False),
        (eastern(3, 20, 20, 30), False),  # nothing is announced on Friday
        (eastern(3, 22, 20, 30), True),  # but on Sunday
        (eastern(11, 26, 20, 30), False),
    ],
)
def test_the_hour_after_an_announcement_is_a_rush(at, is_rush):
    assert announcements.is_rush_hour(at.astimezone(UTC)) == is_rush


def test_a_moment_needs_a_time_zone():
    with pytest.raises(ValueError, match="has no time zone"):
        announcements.list_date(datetime(2026, 3, 16))  # noqa: DTZ001


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_usual_holidays_are_those_that_were_named(year):
    usual = {day for day in announcements.usual_holidays(year) if day.year == year}
    assert len(usual) == 7
    assert usual <= announcements.holidays()


def test_years_that_nobody_has_named_have_the_usual_holidays():
    assert announcements.known_until() == date(2026, 12, 31)
    thanksgiving = date(2027, 11, 25)
    assert announcements.next_list(thanksgiving) == date(2027, 11, 29)
    assert announcements.usual_holidays(2027) >= {
        date(2027, 6, 18),  # the 19th is a Saturday
        date(2027, 7, 5),  # the 4th is a Sunday
        date(2027, 12, 31),  # of the new year
        thanksgiving,
    }
