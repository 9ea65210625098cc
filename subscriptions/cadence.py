"""When does a reader want a digest?  Wall time in his own zone, through every clock change.

Pure functions; a slot is named by the reader's own calendar date, of which each has one.
Why a stored next moment and not a cron per reader: docs/decisions/0005-cadence.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = timedelta(days=1)


class Wishes(Protocol):
    """What a schedule is made from; a Subscriber has it."""

    cadence: str
    weekday: int
    hour: int
    time_zone: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """Daily, or weekly on `weekday` (0 is Monday), at `hour` (0..23) of an IANA time zone."""

    cadence: str
    weekday: int
    hour: int
    time_zone: str

    @classmethod
    def of(cls, wishes: Wishes) -> Schedule:
        return cls(wishes.cadence, wishes.weekday, wishes.hour, wishes.time_zone)

    def is_slot_day(self, day: date) -> bool:
        return self.cadence != "weekly" or day.weekday() == self.weekday


@dataclass(frozen=True, slots=True)
class Slot:
    """One moment at which a digest is due, named by the reader's calendar date."""

    on: date
    at: datetime  # in UTC


def moment(day: date, *, hour: int, time_zone: str) -> datetime:
    """Return `hour` o'clock of `day` there, in UTC.

    An hour that a clock change skips moves forward; of an hour that happens twice the first
    counts (PEP 495, fold=0).
    """
    return datetime.combine(day, time(hour), tzinfo=zone(time_zone)).astimezone(UTC)


def zone(name: str) -> tzinfo:
    """Return the time zone of that IANA name, or UTC if this machine does not know it.

    A name that a newer time zone database dropped must not stop the mail of everybody else.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def next_slot(schedule: Schedule, *, after: datetime) -> Slot:
    """Return the first slot strictly after `after`."""
    today = local_date(after, schedule.time_zone)
    return next(slot for slot in _slots(schedule, today, DAY) if slot.at > after)


def latest_slot(schedule: Schedule, *, at: datetime) -> Slot:
    """Return the last slot that is not after `at`."""
    # A clock that went back over midnight makes today out of what was tomorrow already.
    tomorrow = local_date(at, schedule.time_zone) + DAY
    return next(slot for slot in _slots(schedule, tomorrow, -DAY) if slot.at <= at)


def local_date(at: datetime, time_zone: str) -> date:
    """Return the calendar date there at that moment."""
    return at.astimezone(zone(time_zone)).date()


def plan(wishes: Wishes, *, at: datetime) -> datetime:
    """Return when the reader's next digest is due, strictly after `at`."""
    return next_slot(Schedule.of(wishes), after=at).at


def first(wishes: Wishes, *, at: datetime, catch_up: timedelta) -> datetime:
    """Return when somebody who confirms at `at` gets the first digest.

    Today's, at once, if its hour passed no longer than `catch_up` ago; else the next one.
    """
    latest = latest_slot(Schedule.of(wishes), at=at)
    return latest.at if at - latest.at <= catch_up else plan(wishes, at=at)


def _slots(schedule: Schedule, start: date, step: timedelta) -> Iterator[Slot]:
    """Yield slots day by day from `start`, leaving out dates that a zone has skipped."""
    day = start
    while True:
        at = moment(day, hour=schedule.hour, time_zone=schedule.time_zone)
        tomorrow = moment(day + DAY, hour=schedule.hour, time_zone=schedule.time_zone)
        if schedule.is_slot_day(day) and at < tomorrow:
            yield Slot(day, at)
        day += step
