"""Who is due: readers in blocks, as columns, locked for whoever opens their issues."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from newsletter import arrays
from subscriptions import among
from subscriptions.cadence import Schedule
from subscriptions.lanes import LANES, lane_of
from subscriptions.models import Subscriber

Ints = NDArray[np.int64]
DOMAIN_SIZE = 24  # bytes; no domain of a lane is longer
SCHEDULE_SIZE = 96

# Days that the next digest makes up for, of a reader who paused and wished for that.
MISSED = "CASE WHEN catches_up THEN {days} ELSE 0 END"
DAYS_ON_POSTGRES = "paused_until - paused_on"
DAYS_ON_SQLITE = "CAST(julianday(paused_until) - julianday(paused_on) AS integer)"
# NO KEY UPDATE: rows that only refer to these readers need not wait.
READERS = """
    SELECT id, CAST(length AS smallint) AS length, trend_share, {domain} AS domain,
           {schedule} AS schedule
    FROM subscriptions_subscriber
    WHERE state = 'confirmed' AND {rest}"""
DUE = "next_digest_at <= %s{without} ORDER BY next_digest_at, id LIMIT {limit} {lock}"
SCHEDULE = "cadence || ' ' || weekday || ' ' || hour || ' ' || {missed} || ' ' || time_zone"
WITHOUT = """
    AND NOT (cadence = %s AND weekday = %s AND hour = %s AND time_zone = %s AND {missed} = %s)"""


@dataclass(frozen=True, slots=True)
class Turn(Schedule):
    """A schedule, and how many days of a pause the next digest makes up for."""

    missed: int = 0

    @classmethod
    def of_reader(cls, reader: Subscriber) -> Turn:
        missed = 0
        if reader.catches_up and reader.paused_on and reader.paused_until:
            missed = (reader.paused_until - reader.paused_on).days
        own = (reader.cadence, reader.weekday, reader.hour, reader.time_zone)
        return cls(*own, missed=missed)


@dataclass(frozen=True, slots=True)
class Audience:
    """Readers by ascending id, and what of them an issue needs."""

    ids: Ints
    lengths: Ints
    trend_shares: NDArray[np.float64]
    lanes: Ints  # positions in LANES
    schedules: list[Turn]
    schedule: Ints  # of each reader, its position in `schedules`

    @property
    def size(self) -> int:
        return int(self.ids.size)

    def only(self, chosen: NDArray[np.bool_]) -> Audience:
        return Audience(
            self.ids[chosen],
            self.lengths[chosen],
            self.trend_shares[chosen],
            self.lanes[chosen],
            self.schedules,
            self.schedule[chosen],
        )

    def on(self, schedules: Collection[Turn]) -> Audience:
        """Those with one of these schedules."""
        wanted = [n for n, schedule in enumerate(self.schedules) if schedule in schedules]
        return self.only(np.isin(self.schedule, wanted))

    def ids_by_schedule(self) -> Iterator[tuple[Turn, Ints]]:
        for number in np.unique(self.schedule).tolist():
            yield self.schedules[number], self.ids[self.schedule == number]


def of(readers: Iterable[Subscriber]) -> Audience:
    """Make an audience of readers who were loaded already."""
    ordered = sorted(readers, key=lambda reader: reader.pk)
    turns = [Turn.of_reader(reader) for reader in ordered]
    schedules = sorted(set(turns), key=str)
    return Audience(
        ids=np.array([reader.pk for reader in ordered], np.int64),
        lengths=np.array([reader.length for reader in ordered], np.int64),
        trend_shares=np.array([reader.trend_share for reader in ordered], np.float64),
        lanes=np.array([LANES.index(lane_of(reader.email)) for reader in ordered], np.int64),
        schedules=schedules,
        schedule=np.array([schedules.index(turn) for turn in turns], np.int64),
    )


def due(*, at: datetime, limit: int, without: Collection[Turn] = ()) -> Audience:
    """Lock up to `limit` readers who are due, longest waiting first; call it in a transaction.

    Whom somebody else holds at this moment is left for later: he is opening their issue, or
    they are changing their wishes.
    """
    params: list[object] = [connection.ops.adapt_datetimefield_value(at)]
    for turn in without:
        params += [turn.cadence, turn.weekday, turn.hour, turn.time_zone, turn.missed]
    lock = "FOR NO KEY UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    without_these = WITHOUT.format(missed=_missed()) * len(without)
    return _read(DUE.format(without=without_these, limit=limit, lock=lock), params)


def planned(cadence: str, on: date, *, after: int, limit: int) -> Audience:
    """Return up to `limit` readers whose digest of that cadence has that date; locks nothing.

    Args:
        after: the highest id of the block before; 0 for the first.
    """
    chosen, params = _planned(cadence, on)
    return _read(f"{chosen} AND id > %s ORDER BY id LIMIT {limit}", [*params, after])


def planned_count(cadence: str, on: date) -> int:
    """Return of how many readers `planned` tells."""
    chosen, params = _planned(cadence, on)
    sql = f"SELECT count(*) FROM subscriptions_subscriber WHERE state = 'confirmed' AND {chosen}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.fetchone()[0])


def plan(ids: Ints, next_digest_at: datetime, *, caught_up: bool = False) -> None:
    """Say when these readers, who are locked, are due the next time.

    Args:
        caught_up: what they missed in a pause is made up for now.
    """
    chosen, param = among.condition("id", ids.tolist())
    moment = connection.ops.adapt_datetimefield_value(next_digest_at)
    done = ", catches_up = FALSE" * caught_up
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE subscriptions_subscriber SET next_digest_at = %s{done} WHERE {chosen}",  # noqa: S608
            [moment, param],
        )


def _planned(cadence: str, on: date) -> tuple[str, list[str | int | None]]:
    """Return SQL for wishing a digest of that cadence on that date, and its parameters."""
    schedule = Schedule(cadence, on.weekday(), hour=0, time_zone="UTC")
    if not schedule.is_slot_day(on):
        return "FALSE", []
    day = connection.ops.adapt_datefield_value(on)
    chosen = "cadence = %s AND wants_mail AND (paused_until IS NULL OR paused_until <= %s)"
    if cadence in {Subscriber.Cadence.WEEKLY, Subscriber.Cadence.MONTHLY}:
        return f"{chosen} AND weekday = %s", [cadence, day, on.weekday()]
    return chosen, [cadence, day]


def _missed() -> str:
    is_postgres = connection.vendor == "postgresql"
    return MISSED.format(days=DAYS_ON_POSTGRES if is_postgres else DAYS_ON_SQLITE)


def _read(rest: str, params: list[object]) -> Audience:
    """Read confirmed readers, of whom `rest` holds."""
    is_postgres = connection.vendor == "postgresql"
    address = (
        "split_part(email, '@', -1)" if is_postgres else "substr(email, instr(email, '@') + 1)"
    )
    sql = READERS.format(
        domain=arrays.fixed(address, DOMAIN_SIZE),
        schedule=arrays.fixed(SCHEDULE.format(missed=_missed()), SCHEDULE_SIZE),
        rest=rest,
    )
    dtypes = {
        "id": "i8",
        "length": "i2",
        "trend_share": "f8",
        "domain": f"S{DOMAIN_SIZE}",
        "schedule": f"S{SCHEDULE_SIZE}",
    }
    return _audience(arrays.read(sql, params, dtypes))


def _audience(found: dict[str, NDArray[np.generic]]) -> Audience:
    order = np.argsort(found["id"])
    kinds: dict[bytes, int] = {}
    rows = found["schedule"][order].tolist()
    schedule = np.array([kinds.setdefault(row, len(kinds)) for row in rows], np.int64)
    return Audience(
        ids=found["id"][order].astype(np.int64),
        lengths=found["length"][order].astype(np.int64),
        trend_shares=found["trend_share"][order].astype(np.float64),
        lanes=_lanes(found["domain"][order].tolist()),
        schedules=[_turn(row) for row in kinds],
        schedule=schedule,
    )


def _turn(row: bytes) -> Turn:
    text = row.decode(errors="replace").strip()
    cadence, weekday, hour, missed, time_zone = text.split(" ", 4)
    return Turn(cadence, int(weekday), int(hour), time_zone, missed=int(missed))


def _lanes(domains: list[bytes]) -> Ints:
    known = {
        domain: LANES.index(lane_of("@" + domain.decode(errors="replace").strip()))
        for domain in set(domains)
    }
    return np.array([known[domain] for domain in domains], np.int64)
