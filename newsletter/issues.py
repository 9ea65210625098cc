"""Open issues: which slots are due, whose they are, and what follows them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import F

from newsletter import candidates, opening
from newsletter.matching.block import pick
from newsletter.matching.pool import Pool
from newsletter.matching.readers import Reader
from newsletter.models import Delivery, Issue, IssueQuerySet
from subscriptions import cadence
from subscriptions.cadence import Schedule, Slot
from subscriptions.models import Subscriber
from subscriptions.verdicts import State

logger = logging.getLogger(__name__)

READERS_AT_ONCE = 20_000  # in one transaction, and in memory
SCHEDULE = ("cadence", "weekday", "hour", "time_zone")


def open_due(*, at: datetime) -> int:
    """Write a delivery for every reader who is due at `at`; return how many were written.

    Running it twice, late, or in two places at once writes nothing twice.  Readers of a
    schedule that cannot be opened stay due, and cost the others nothing.
    """
    written = 0
    for schedule in _due_schedules(at=at):
        try:
            written += _open_schedule(schedule, at=at)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            logger.exception("not opened: %s", schedule)
    return written


def open_today(subscriber: Subscriber, *, at: datetime) -> Delivery | None:
    """Return the reader's delivery of today's issue of his cadence, written now if none is.

    None while there are no papers for him: an empty delivery would take the place of the
    one that is due later today.
    """
    today = cadence.local_date(at, subscriber.time_zone)
    with transaction.atomic():
        issue = _locked_issue(subscriber.cadence, today, at=at)
        pool = candidates.load(issue.cadence, issue.on, at=at)
        _expect(issue, opening.add(issue, [subscriber.pk], pool, at=at))
        delivery = issue.deliveries.get(subscriber=subscriber)
        if not delivery.picks:
            transaction.set_rollback(True)
            return None
    return delivery


def draft(subscriber: Subscriber, wishes: Reader, *, at: datetime) -> Delivery:
    """Return what somebody who wants `wishes` would get at `at`; nothing is written."""
    on = cadence.local_date(at, subscriber.time_zone)
    issue = Issue(cadence=subscriber.cadence, on=on, opened_at=at)
    delivery = Delivery(issue=issue, subscriber=subscriber)
    delivery.picks = pick(wishes, candidates.load(issue.cadence, on, at=at))
    if not delivery.packed_picks:
        delivery.state, delivery.error = State.SKIPPED, opening.NOTHING_NEW
    return delivery


def _due_schedules(*, at: datetime) -> list[Schedule]:
    due = Subscriber.objects.due(at=at).order_by()
    return [Schedule(**row) for row in due.values(*SCHEDULE).distinct().order_by(*SCHEDULE)]


def _open_schedule(schedule: Schedule, *, at: datetime) -> int:
    """Write the deliveries of one slot and plan the next, block by block."""
    slot = cadence.latest_slot(schedule, at=at)
    following = cadence.next_slot(schedule, after=at)
    is_in_time = _is_in_time(slot, schedule.cadence, at=at)
    pool = candidates.load(schedule.cadence, slot.on, at=at) if is_in_time else None
    written = 0
    for ids in _blocks(schedule, at=at):
        written += _open_block(schedule.cadence, slot, ids, pool, at=at, following=following)
    return written


def _open_block(
    kind: str, slot: Slot, ids: Sequence[int], pool: Pool | None, *, at: datetime, following: Slot
) -> int:
    """Open one block in one transaction; without a pool it is too late for it."""
    with transaction.atomic():
        issue = _locked_issue(kind, slot.on, at=at)
        due = Subscriber.objects.due(at=at).order_by("pk").filter(pk__in=ids)
        still = list(due.select_for_update().values_list("pk", flat=True))
        written = 0
        if pool is not None:
            written = opening.add(issue, still, pool, at=at)
            _expect(issue, written)
        elif still:
            logger.warning("missed: %s of %s, %s readers", kind, slot.on, len(still))
            _row(issue).update(missed_count=F("missed_count") + len(still))
        Subscriber.objects.filter(pk__in=still).update(next_digest_at=following.at)
    return written


def _blocks(schedule: Schedule, *, at: datetime) -> Iterator[list[int]]:
    wishes = {name: getattr(schedule, name) for name in SCHEDULE}
    due = Subscriber.objects.due(at=at).order_by("pk").filter(**wishes)
    ids = list(due.values_list("pk", flat=True))
    for start in range(0, len(ids), READERS_AT_ONCE):
        yield ids[start : start + READERS_AT_ONCE]


def _is_in_time(slot: Slot, kind: str, *, at: datetime) -> bool:
    catch_up = cadence.catch_up(kind, timedelta(hours=settings.CATCH_UP_HOURS))
    return at - slot.at <= catch_up


def _locked_issue(kind: str, on: date, *, at: datetime) -> Issue:
    """Return the issue, locked: whoever writes to one issue waits for the one before."""
    Issue.objects.get_or_create(cadence=kind, on=on, defaults={"opened_at": at})
    return Issue.objects.select_for_update().get(cadence=kind, on=on)


def _expect(issue: Issue, more: int) -> None:
    _row(issue).update(expected_count=F("expected_count") + more)


def _row(issue: Issue) -> IssueQuerySet:
    return Issue.objects.filter(pk=issue.pk)
