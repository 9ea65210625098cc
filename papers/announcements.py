"""When arXiv announces papers.  Pure functions: no clock, no network.

arXiv lives by the time of New York.  Submissions of a working day are frozen at 14:00 and
announced at 20:00; those of a Friday on Sunday.  On a holiday nothing is frozen, so nothing
is announced.  An announcement makes the list of the next day, which is also its date in UTC.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

HOLIDAYS = Path(__file__).parent / "data" / "arxiv_holidays.json"
EASTERN = ZoneInfo("America/New_York")
FREEZE = time(14)
ANNOUNCEMENT = time(20)
RUSH = timedelta(hours=1)  # after an announcement, when all the world asks and nobody is served

_DAY = timedelta(days=1)
_MONDAY, _THURSDAY, _FRIDAY = 0, 3, 4


@cache
def holidays() -> frozenset[date]:
    """Return the days without a freeze that arXiv has named, 2003 to the end of 2026."""
    days: list[str] = json.loads(HOLIDAYS.read_text(encoding="utf-8"))
    return frozenset(map(date.fromisoformat, days))


def usual_holidays(year: int) -> frozenset[date]:
    """Return the days that arXiv has kept in each of the last years.

    In the last week of a year there are some more, which it names late in autumn.
    """
    return frozenset(
        (
            _observed(date(year, 1, 1)),
            _nth(3, _MONDAY, of=date(year, 1, 1)),
            _observed(date(year, 6, 19)),
            _observed(date(year, 7, 4)),
            _nth(1, _MONDAY, of=date(year, 9, 1)),
            _nth(4, _THURSDAY, of=date(year, 11, 1)),
            _observed(date(year, 12, 25)),
            _observed(date(year + 1, 1, 1)),
        )
    )


@cache
def known_until() -> date:
    """Return the last day of the last year of which arXiv has named the holidays."""
    return date(max(holidays()).year, 12, 31)


def has_list(day: date) -> bool:
    """Tell whether arXiv has a list with this date: a working day after a day of work."""
    return day.weekday() <= _FRIDAY and _freezes(_frozen_for(day))


def list_date(submitted_at: datetime) -> date:
    """Return the date of the list that brings a paper submitted then, if nobody holds it up.

    Raises:
        ValueError: if the moment has no time zone.
    """
    local = _local(submitted_at)
    day = local.date() if local.time() < FREEZE else local.date() + _DAY
    while not _freezes(day):
        day += _DAY
    return _list_of(day)


def next_list(day: date) -> date:
    """Return the date of the first list after `day`."""
    day += _DAY
    while not has_list(day):
        day += _DAY
    return day


def announced_at(list_date: date) -> datetime:
    """Return the moment, in UTC, at which the list of that date appears."""
    evening = datetime.combine(list_date - _DAY, ANNOUNCEMENT, tzinfo=EASTERN)
    return evening.astimezone(UTC)


def feeds_hold_papers(at: datetime) -> bool:
    """Tell whether an empty daily feed is odd at this moment; at holidays it is as it should be.

    Feeds are made at midnight in New York and hold the list of that day only.
    """
    return has_list(_local(at).date())


def is_rush_hour(at: datetime) -> bool:
    """Tell whether papers were announced less than an hour ago: no time for look-ups."""
    local = _local(at)
    evening = datetime.combine(local.date(), ANNOUNCEMENT, tzinfo=EASTERN)
    return has_list(local.date() + _DAY) and evening <= local < evening + RUSH


def _freezes(day: date) -> bool:
    named = holidays() if day <= known_until() else usual_holidays(day.year)
    return day.weekday() <= _FRIDAY and day not in named


def _nth(number: int, weekday: int, *, of: date) -> date:
    """The first, second ... of that weekday in the month that begins with `of`."""
    return of + ((weekday - of.weekday()) % 7 + 7 * (number - 1)) * _DAY


def _observed(day: date) -> date:
    """A holiday on a Saturday is kept on Friday, one on a Sunday on Monday."""
    return day + {5: -1, 6: 1}.get(day.weekday(), 0) * _DAY


def _frozen_for(list_date: date) -> date:
    """The list of Monday holds what was frozen on Friday, any other what was the day before."""
    return list_date - (3 if list_date.weekday() == 0 else 1) * _DAY


def _list_of(frozen: date) -> date:
    return frozen + (3 if frozen.weekday() == _FRIDAY else 1) * _DAY


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(EASTERN)
