"""Open issues: find the readers who are due, have their deliveries written, plan the next.

One transaction for each block of readers.  Their rows are locked, so several workers take
blocks of their own, and nobody is written to twice.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import F

from newsletter import audience, candidates, opening, placing, wishes
from newsletter.audience import Audience, Turn
from newsletter.matching.block import pick
from newsletter.matching.readers import Reader
from newsletter.models import Delivery, Issue
from newsletter.opening import NO_PAPERS, Edition
from subscriptions import cadence
from subscriptions.cadence import Slot
from subscriptions.lanes import lane_of
from subscriptions.models import Subscriber
from subscriptions.verdicts import State

logger = logging.getLogger(__name__)

READERS_AT_ONCE = 20_000


@dataclass(slots=True)
class Opening:
    """One going through all who are due at `at`."""

    at: datetime
    editions: dict[tuple[str, date], Edition] = field(default_factory=dict)
    failed: set[Turn] = field(default_factory=set)

    def edition(self, kind: str, on: date) -> Edition:
        """Return an issue with its candidates, which are the same for all blocks."""
        if (kind, on) not in self.editions:
            self.editions[kind, on] = opening.edition(kind, on, at=self.at)
        return self.editions[kind, on]


def open_due(*, at: datetime, wake: Callable[[], None] | None = None) -> int:
    """Write a delivery for every reader who is due at `at`; return how many were written.

    Running it twice, late, or in several places at once writes nothing twice.  Readers of a
    schedule that cannot be opened stay due, and cost the others nothing.

    Args:
        wake: called once if there are more readers than one block, to have others help.
    """
    run = Opening(at)
    written = 0
    while True:
        with transaction.atomic():
            readers = audience.due(at=at, limit=READERS_AT_ONCE, without=run.failed)
            written += _open_block(run, readers)
        if not readers.size:
            return written
        if wake and readers.size == READERS_AT_ONCE:
            wake()
            wake = None


def open_today(subscriber: Subscriber, *, at: datetime) -> Delivery | None:
    """Return the reader's delivery of today's issue of his cadence, written now if none is.

    None while there are no papers for him: an empty delivery would take the place of the
    one that is due later today.
    """
    today = cadence.local_date(at, subscriber.time_zone)
    with transaction.atomic():
        reader = Subscriber.objects.select_for_update(no_key=True).get(pk=subscriber.pk)
        edition = opening.edition(reader.cadence, today, at=at)
        opening.write(edition, audience.of([reader]), at=at)
        delivery = edition.issue.deliveries.get(subscriber=reader)
        if not delivery.picks:
            transaction.set_rollback(True)
            return None
    return delivery


def draft(subscriber: Subscriber, wanted: Reader, *, at: datetime) -> Delivery:
    """Return what somebody with these wishes would get at `at`; nothing is written."""
    on = cadence.local_date(at, subscriber.time_zone)
    issue = Issue(cadence=subscriber.cadence, on=on, opened_at=at)
    issue.introduction = candidates.introduction(issue.cadence, on, at=at)
    acts = placing.planned(issue.cadence, on)
    pool = candidates.load(issue.cadence, on, at=at, acts=acts)
    wishes.learn(pool, np.array([*wanted.phrases, *wanted.excluded], np.int64))
    delivery = Delivery(issue=issue, subscriber=subscriber, lane=lane_of(subscriber.email))
    delivery.picks = pick(wanted, pool, outside=settings.OUTSIDE_PICK)
    if not delivery.picks:
        delivery.state, delivery.error = State.SKIPPED, NO_PAPERS
    return delivery


def _open_block(run: Opening, readers: Audience) -> int:
    """Open the issues of a block one after the other, in an order that is the same for all.

    Or two workers could each wait for the issue that the other one holds.
    """
    issues: dict[tuple[str, date], list[Turn]] = defaultdict(list)
    for turn in readers.schedules:
        issues[_kind(turn), cadence.latest_slot(turn, at=run.at).on].append(turn)
    return sum(
        _open_or_try_each(run, readers.on(issues[key]), issues[key]) for key in sorted(issues)
    )


def _open_or_try_each(run: Opening, readers: Audience, schedules: list[Turn]) -> int:
    """Open an issue for all these schedules; for each alone if that does not work."""
    try:
        with transaction.atomic():
            return _open_issue(run, readers, schedules)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        run.editions.clear()  # their issues may have been made in what was undone now
        if len(schedules) > 1:
            return sum(_open_or_try_each(run, readers.on([one]), [one]) for one in schedules)
        logger.exception("not opened: %s, %s readers", schedules[0], readers.size)
        run.failed.update(schedules)
        return 0


def _open_issue(run: Opening, readers: Audience, schedules: list[Turn]) -> int:
    """Plan the readers' next digest and write the deliveries of this, in one transaction."""
    slots = {schedule: cadence.latest_slot(schedule, at=run.at) for schedule in schedules}
    in_time = [one for one, slot in slots.items() if _is_in_time(slot, one.cadence, at=run.at)]
    late = [one for one in schedules if one not in in_time]
    # First, for whoever counts holds the issue until all is committed, and others wait for it.
    for schedule, ids in readers.ids_by_schedule():
        following = cadence.next_slot(schedule, after=run.at).at
        audience.plan(ids, following, caught_up=schedule.missed > 0)
    written = 0
    if in_time:
        edition = run.edition(_kind(in_time[0]), slots[in_time[0]].on)
        written = opening.write(edition, readers.on(in_time), at=run.at)
    if late:
        _miss(_kind(late[0]), slots[late[0]].on, readers.on(late), at=run.at)
    return written


def _kind(turn: Turn) -> str:
    return candidates.kind(turn.cadence, missed=turn.missed)


def _is_in_time(slot: Slot, kind: str, *, at: datetime) -> bool:
    return at - slot.at <= cadence.catch_up(kind, timedelta(hours=settings.CATCH_UP_HOURS))


def _miss(kind: str, on: date, readers: Audience, *, at: datetime) -> None:
    """Count the readers for whom it is too late now."""
    for schedule, ids in readers.ids_by_schedule():
        logger.warning("missed: %s of %s, %s readers", schedule, on, ids.size)
    issue = opening.issue_of(kind, on, at=at)
    Issue.objects.filter(pk=issue.pk).update(missed_count=F("missed_count") + readers.size)
