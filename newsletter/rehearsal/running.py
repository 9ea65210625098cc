"""Goes through all readers of an issue as an opening does, and writes to none of their rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
from django.conf import settings

from newsletter import audience, candidates, opening, placing, wishes
from newsletter.audience import Audience
from newsletter.matching.block import pick_all
from newsletter.matching.pool import Pool
from newsletter.models import Delivery, Issue, Rehearsal
from newsletter.rehearsal import speed
from newsletter.rehearsal.counts import Counts
from subscriptions import clock, pace
from subscriptions.models import Gate

READERS_AT_ONCE = 20_000
NOON = time(12, tzinfo=UTC)

Progress = Callable[[int, int], None]  # readers done, readers in all


def silent(done: int, total: int) -> None:
    """Say nothing."""


def moment(on: date, *, now: datetime) -> datetime:
    """Return when to suppose that the issue opens: now if that is its date, else its noon."""
    return now if now.date() == on else datetime.combine(on, NOON)


def rehearse(cadence: str, on: date, *, progress: Progress = silent) -> Rehearsal:
    """Run one, and keep how far it came, what it found, or what stopped it."""
    now = clock.database_now()
    kept = Rehearsal.objects.create(cadence=cadence, on=on, started_at=now)

    def note(done: int, total: int) -> None:
        kept.advance(done, total)
        progress(done, total)

    try:
        result = run(cadence, on, at=moment(on, now=now), progress=note)
    except BaseException as error:  # a row of one who was killed by hand says so, too
        kept.finish(at=clock.database_now(), error=type(error).__name__)
        raise
    kept.finish(at=clock.database_now(), result=result)
    return kept


def run(cadence: str, on: date, *, at: datetime, progress: Progress = silent) -> dict[str, Any]:
    """Count what the issue of that date would be if it were opened at `at`.

    Readers count who would have it by what they wish today; who makes up for a pause with
    an issue of another cadence is left out, and so is whoever has a delivery of it already.

    Args:
        progress: called after each block of readers.

    Returns:
        `Counts.summary`, with "already", "seconds" and "daily_cap".
    """
    issue = Issue.objects.filter(cadence=cadence, on=on).first()
    others = Delivery.objects.issues_on_the_way(but=issue.pk if issue else None)
    on_the_way = np.array(others, np.int64)
    pool = candidates.load(cadence, on, at=at, acts=placing.planned(cadence, on))
    counts, done, already, last = Counts(), 0, 0, 0
    total = audience.planned_count(cadence, on)
    progress(done, total)
    while block := _block(cadence, on, after=last):
        done, last = done + block.size, int(block.ids[-1])
        new = _without_others(block, cadence)
        if issue:
            new, before = _without_had(new, issue), new.size
            already += before - new.size
        _count(counts, new, pool=pool, on_the_way=on_the_way)
        progress(done, max(done, total))
    return {**counts.summary(pool), "already": already, **_times(counts, on)}


def _block(cadence: str, on: date, *, after: int) -> Audience | None:
    block = audience.planned(cadence, on, after=after, limit=READERS_AT_ONCE)
    return block if block.size else None


def _without_others(block: Audience, cadence: str) -> Audience:
    """Leave out those whom an issue of another cadence tells what they missed."""
    return block.on(
        [
            turn
            for turn in block.schedules
            if candidates.kind(turn.cadence, missed=turn.missed) == cadence
        ]
    )


def _without_had(block: Audience, issue: Issue) -> Audience:
    return block.only(~np.isin(block.ids, opening.having(issue, block.ids)))


def _count(counts: Counts, readers: Audience, *, pool: Pool, on_the_way: opening.Ints) -> None:
    if not readers.size:
        return
    wanted = wishes.load(
        readers.ids,
        lengths=readers.lengths,
        trend_shares=readers.trend_shares,
        pool=pool,
        on_the_way=on_the_way,
    )
    picks = pick_all(wanted, pool, outside=settings.OUTSIDE_PICK)
    counts.add(wanted, picks, lanes=readers.lanes, pool=pool)


def _times(counts: Counts, on: date) -> dict[str, float | None]:
    paces = dict(Gate.objects.values_list("stream", "pace"))
    since = settings.WARM_UP_SINCE
    return {
        "seconds": speed.seconds(counts.by_lane(), rates=settings.MAIL_RATES, paces=paces),
        "daily_cap": None if since is None else pace.warm_up_cap(since, on=on),
    }
