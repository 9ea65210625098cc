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
LONG_CATCH_UP = timedelta(hours=72)  # at least, for digests whose next one is days away


class Wishes(Protocol):
    """What a schedule is made from; a Subscriber has it."""

    cadence: str
    weekday: int
    hour: int
    time_zone: str


class Pausing(Wishes, Protocol):
    """Wishes of somebody who may have paused."""

    paused_until: date | None  # no digest of an earlier date


@dataclass(frozen=True, slots=True)
class Schedule:
    """On which days, and at which wall time of an IANA time zone.

    Attributes:
        cadence: "daily", "weekdays" (Monday to Friday), "weekly" (every `weekday`) or
            "monthly" (the first `weekday` of each month).
        weekday: 0 (Monday) to 6.
        hour: 0 to 23.
        minute: 0 to 59; readers choose whole hours.
    """

    cadence: str
    weekday: int
    hour: int
    time_zone: str
    minute: int = 0

    @classmethod
    def of(cls, wishes: Wishes) -> Schedule:
        return cls(wishes.cadence, wishes.weekday, wishes.hour, wishes.time_zone)

    def is_slot_day(self, day: date) -> bool:
        match self.cadence:
            case "weekdays":
                return day.weekday() < 5
            case "weekly":
                return day.weekday() == self.weekday
            case "monthly":
                return day.weekday() == self.weekday and day.day <= 7
            case _:
                return True

    def moment(self, day: date) -> datetime:
        return moment(day, hour=self.hour, minute=self.minute, time_zone=self.time_zone)


@dataclass(frozen=True, slots=True)
class Slot:
    """One moment at which a digest is due, named by the reader's calendar date."""

    on: date
    at: datetime  # in UTC


def moment(day: date, *, hour: int, time_zone: str, minute: int = 0) -> datetime:
    """Return that wall time of `day` there, in UTC.

    A time that a clock change skips moves forward; of one that happens twice the first
    counts (PEP 495, fold=0).
    """
    return datetime.combine(day, time(hour, minute), tzinfo=zone(time_zone)).astimezone(UTC)


def zone(name: str) -> tzinfo:
    """Return the time zone of that IANA name, or UTC if this machine does not know it.

    A name that a newer time zone database dropped must not stop the mail of everybody else.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def next_slot(schedule: Schedule, *, after: datetime, since: date | None = None) -> Slot:
    """Return the first slot strictly after `after`, and of no date before `since`."""
    # A time skipped before midnight moves into the next day, and is still to come then.
    yesterday = local_date(after, schedule.time_zone) - DAY
    start = max(yesterday, since or yesterday)
    return next(slot for slot in _slots(schedule, start, DAY) if slot.at > after)


def latest_slot(schedule: Schedule, *, at: datetime) -> Slot:
    """Return the last slot that is not after `at`."""
    # A clock that went back over midnight makes today out of what was tomorrow already.
    tomorrow = local_date(at, schedule.time_zone) + DAY
    return next(slot for slot in _slots(schedule, tomorrow, -DAY) if slot.at <= at)


def local_date(at: datetime, time_zone: str) -> date:
    """Return the calendar date there at that moment."""
    return at.astimezone(zone(time_zone)).date()


def plan(wishes: Pausing, *, at: datetime) -> datetime:
    """Return when the reader's next digest is due: strictly after `at`, and after his pause."""
    return next_slot(Schedule.of(wishes), after=at, since=wishes.paused_until).at


def is_paused(wishes: Pausing, *, at: datetime) -> bool:
    """Whether it is still before the date until which the reader paused, where he lives."""
    until = wishes.paused_until
    return until is not None and local_date(at, wishes.time_zone) < until


def first(wishes: Pausing, *, at: datetime, catch_up: timedelta) -> datetime:
    """Return when somebody who confirms at `at` gets the first digest.

    Today's, at once, if its hour passed no longer than `catch_up` ago; else the next one.
    """
    latest = latest_slot(Schedule.of(wishes), at=at)
    return latest.at if at - latest.at <= catch_up else plan(wishes, at=at)


def catch_up(cadence: str, default: timedelta) -> timedelta:
    """Return how late a digest of that cadence may still be sent.

    `default` is the site's; who misses a weekly or monthly digest would wait for long, so
    that one is caught up for three days at least.
    """
    return max(default, LONG_CATCH_UP) if cadence in {"weekly", "monthly"} else default


def _slots(schedule: Schedule, start: date, step: timedelta) -> Iterator[Slot]:
    """Yield slots day by day from `start`, leaving out dates that a zone has skipped."""
    day = start
    while True:
        if schedule.is_slot_day(day):
            at = schedule.moment(day)
            if at < schedule.moment(day + DAY):
                yield Slot(day, at)
        day += step
