"""How is a source doing, as its last readings tell?  Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

LISTED_BY = 12  # o'clock in UTC, by when a working day's list has papers on it
FAILURES = 2  # readings in a row; one alone may be a bad moment
MOST_REFUSED = 0.2  # of the records; more than that, and their shape has changed
FEWEST_RECORDS = 5  # below that a share says nothing
POLLS_MISSED = 3


class State(StrEnum):
    FRESH = "fresh"  # as it should be
    EMPTY = "empty"  # read, but nothing has come on a working day
    LATE = "late"  # not read lately, or its newest list is old
    ODD = "odd"  # read, but not understood: its answers may have another shape now
    PAUSED = "paused"  # it asked to be left alone
    BROKEN = "broken"  # it cannot be read


@dataclass(frozen=True, slots=True)
class Reading:
    """One time that the source was asked, and what came of it."""

    at: datetime  # timezone-aware
    error: str = ""  # why it ended early
    records: int = 0  # that were stored
    refused: int = 0
    unchanged_pages: int = 0  # answers that the source said were as before


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a source.

    Readings that still run are not among `readings`.  `newest` is the newest list date that
    it told, or the day on which it last told of a new paper if it has no lists.
    """

    readings: Sequence[Reading] = ()  # newest first
    newest: date | None = None
    pause: str = ""  # which host is left alone, until when and why


@dataclass(frozen=True, slots=True)
class Health:
    state: State
    sentence: str  # for people


def is_weekday(day: date) -> bool:
    return day.weekday() < 5


def judge(
    facts: Facts,
    *,
    every: timedelta,
    now: datetime,
    is_working_day: Callable[[date], bool] = is_weekday,
) -> Health:
    """Return the worst that can be said of a source.

    Args:
        every: how often it should be read.
        now: in UTC.
        is_working_day: days on which the source tells of new papers.
    """
    if facts.pause:
        return Health(State.PAUSED, facts.pause)
    if not facts.readings:
        return Health(State.LATE, "It has not been read yet.")
    last = facts.readings[0]
    return (
        _broken(facts.readings)
        or _forgotten(last, every=every, now=now)
        or _odd(facts.readings, is_working_day=is_working_day)
        or _behind(facts.newest, now=now, is_working_day=is_working_day)
        or Health(
            State.FRESH, f"Last asked at {last.at:%H:%M} UTC; its newest is of {facts.newest}."
        )
    )


def _broken(readings: Sequence[Reading]) -> Health | None:
    failed = next((n for n, reading in enumerate(readings) if not reading.error), len(readings))
    if failed < min(FAILURES, len(readings)):
        return None
    since = readings[failed - 1].at
    times = f"{failed} times in a row, since {since:%Y-%m-%d %H:%M} UTC" if failed > 1 else "once"
    return Health(State.BROKEN, f"It could not be read {times}: {readings[0].error}")


def _forgotten(last: Reading, *, every: timedelta, now: datetime) -> Health | None:
    if now - last.at <= POLLS_MISSED * every:
        return None
    return Health(
        State.LATE,
        f"It was last read at {last.at:%Y-%m-%d %H:%M} UTC: do beat and a worker for papers run?",
    )


def _odd(readings: Sequence[Reading], *, is_working_day: Callable[[date], bool]) -> Health | None:
    """Look at the last good reading; that one holds nothing is odd only when papers are due."""
    good = next((reading for reading in readings if not reading.error), None)
    if good is None:
        return None
    told = good.records + good.refused
    is_due = is_working_day(good.at.date()) and good.at.hour >= LISTED_BY
    if not told and not good.unchanged_pages and is_due:
        return Health(State.ODD, "It answered, and there was not one record in it.")
    if told >= FEWEST_RECORDS and good.refused > MOST_REFUSED * told:
        return Health(State.ODD, f"{good.refused} of {told} records were refused: see why.")
    return None


def _behind(
    newest: date | None, *, now: datetime, is_working_day: Callable[[date], bool]
) -> Health | None:
    if newest is None:
        return Health(State.EMPTY, "It has not told of any paper yet.")
    today = now.date()
    due = today if now.hour >= LISTED_BY else today - timedelta(days=1)
    days = (due - timedelta(days=age) for age in range((due - newest).days))
    missing = [day for day in days if is_working_day(day)]
    if not missing:
        return None
    if missing == [today]:
        return Health(State.EMPTY, f"Nothing has come today; its newest is of {newest}.")
    return Health(State.LATE, f"Its newest is of {newest}, {len(missing)} working days ago.")
