"""Every zone, every clock change of ten years, every quarter hour: one slot for each date.

Away from clock changes this holds by arithmetic; bench/zones.py says why, and asks for all
dates.
"""

from __future__ import annotations

import zoneinfo
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from subscriptions import cadence
from subscriptions.cadence import DAY, Schedule

ZONES = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
QUARTERS = [(hour, minute) for hour in range(24) for minute in range(0, 60, 15)]
NOONS = [datetime(2024, 1, 1, 12) + DAY * n for n in range(3653)]  # noqa: DTZ001  # on any clock


def zones_by_offsets() -> dict[tuple[timedelta, ...], list[str]]:
    """Zones whose clocks show the same at noon and at midnight of every day are one."""
    same = defaultdict(list)
    for name in ZONES:
        info = zoneinfo.ZoneInfo(name)
        moments = (info.utcoffset(noon - half) for noon in NOONS for half in (DAY / 2, 0 * DAY))
        same[tuple(moments)].append(name)
    return same


def changes(offsets) -> set:
    """Dates on which a zone's clocks change, or the one before if they did at midnight."""
    halves = pairwise(offsets)
    return {NOONS[n // 2].date() for n, (old, new) in enumerate(halves) if old != new}


def chain(schedule, day, *, days=5):
    """The slots of the dates from two days before `day`, each found from the one before."""
    at = schedule.moment(day - 2 * DAY) - timedelta(seconds=1)
    slots = []
    for _ in range(days):
        slots.append(cadence.next_slot(schedule, after=at))
        at = slots[-1].at
    return slots


def test_every_zone_has_one_slot_per_date_around_each_clock_change():
    checked = 0
    for offsets, names in zones_by_offsets().items():
        for day in changes(offsets):
            expected = [day + DAY * n for n in range(-2, 3)]
            for hour, minute in QUARTERS:
                slots = chain(Schedule("daily", 0, hour, names[0], minute), day)
                assert [slot.on for slot in slots] == expected
                assert all(slot.at < following.at for slot, following in pairwise(slots))
                checked += len(slots) * len(names)
    assert len(ZONES) > 500
    assert checked > 1_000_000


@pytest.mark.parametrize("minute", [0, 15, 30, 45])
@pytest.mark.parametrize("at_minute", [0, 10, 20, 40])
def test_a_time_moved_past_midnight_is_found_from_the_next_date(minute, at_minute):
    """In Nuuk the clocks went from 23 o'clock on 28 March 2026 to midnight."""
    schedule = Schedule("daily", 0, 23, "America/Nuuk", minute)
    saturday = datetime(2026, 3, 28).date()  # noqa: DTZ001
    midnight = cadence.moment(saturday + DAY, hour=0, time_zone="America/Nuuk")
    at = midnight + timedelta(minutes=at_minute)
    expected = saturday if minute > at_minute else saturday + DAY
    assert cadence.next_slot(schedule, after=at).on == expected
    assert cadence.latest_slot(schedule, at=at).on == expected - DAY
