"""Open issues: find the readers who are due, match papers to them, write their deliveries."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import Min

from newsletter.matching.block import pick, pick_for_all
from newsletter.matching.pool import Candidate, Pool
from newsletter.matching.readers import Reader
from newsletter.models import Delivery, Issue
from newsletter.picks import Pick
from papers.models import Assignment, Paper
from subscriptions import cadence
from subscriptions.cadence import Schedule, Slot
from subscriptions.models import Interest, Subscriber
from subscriptions.verdicts import State

logger = logging.getLogger(__name__)

READERS_AT_ONCE = 2000
LIST_DAYS = {
    Issue.Cadence.DAILY: 3,
    Issue.Cadence.WEEKDAYS: 3,
    Issue.Cadence.WEEKLY: 7,
    Issue.Cadence.MONTHLY: 31,
}
STALE_AFTER = timedelta(days=14)  # a paper that nobody listed or stored since then is old
CERTAIN = 0.5  # strength below which a paper is not said to be about a topic in a mail
REMEMBER = timedelta(days=365)  # how long a sent paper is not sent again
WEEKLY_CATCH_UP = timedelta(hours=72)  # at least: who misses a weekly digest waits for a week
CLOCK_ERROR = timedelta(days=1)  # how far apart the clocks of two of our machines may be


def open_due(*, at: datetime) -> int:
    """Write a delivery for every reader who is due at `at`; return how many were written.

    Running it twice, late, or in two places at once writes nothing twice.  Readers of a
    schedule that cannot be opened stay due, and cost the others nothing.
    """
    written = 0
    failed: set[int] = set()
    while readers := list(Subscriber.objects.due(at=at).exclude(pk__in=failed)[:READERS_AT_ONCE]):
        for schedule, group in _by_schedule(readers).items():
            try:
                written += _open_slot(schedule, group, at=at)
            except SoftTimeLimitExceeded:
                raise
            except Exception:
                logger.exception("not opened: %s, %s readers", schedule, len(group))
                failed.update(reader.pk for reader in group)
    return written


def open_today(subscriber: Subscriber, *, at: datetime) -> Delivery | None:
    """Return the reader's delivery of today's issue of his cadence, written now if none is.

    None while there are no papers for him: an empty delivery would take the place of the
    one that is due later today.
    """
    today = cadence.local_date(at, subscriber.time_zone)
    with transaction.atomic():
        issue = _locked_issue(subscriber.cadence, today, at=at)
        _write(issue, [subscriber], at=at)
        delivery = issue.deliveries.get(subscriber=subscriber)
        if not delivery.picks:
            transaction.set_rollback(True)
            return None
    return delivery


def draft(subscriber: Subscriber, wishes: Reader, *, at: datetime) -> Delivery:
    """Return what somebody who wants `wishes` would get at `at`; nothing is written."""
    on = cadence.local_date(at, subscriber.time_zone)
    issue = Issue(cadence=subscriber.cadence, on=on, opened_at=at)
    return _delivery(issue, subscriber, pick(wishes, Pool.of(_candidates(issue, at=at))))


def _by_schedule(readers: Iterable[Subscriber]) -> dict[Schedule, list[Subscriber]]:
    groups: dict[Schedule, list[Subscriber]] = defaultdict(list)
    for reader in readers:
        groups[Schedule.of(reader)].append(reader)
    return groups


def _open_slot(schedule: Schedule, readers: Sequence[Subscriber], *, at: datetime) -> int:
    """Write the deliveries of one slot and plan the next, in one transaction."""
    slot = cadence.latest_slot(schedule, at=at)
    following = cadence.next_slot(schedule, after=at)
    ids = [reader.pk for reader in readers]
    written = 0
    with transaction.atomic():
        if _is_in_time(slot, schedule.cadence, at=at):
            issue = _locked_issue(schedule.cadence, slot.on, at=at)
            written = _write(issue, readers, at=at)
        else:
            logger.warning("missed: %s of %s, %s readers", schedule, slot.on, len(readers))
        due = Subscriber.objects.filter(pk__in=ids, next_digest_at__lte=at)
        due.update(next_digest_at=following.at)
    return written


def _is_in_time(slot: Slot, kind: str, *, at: datetime) -> bool:
    catch_up = timedelta(hours=settings.CATCH_UP_HOURS)
    if kind == Issue.Cadence.WEEKLY:
        catch_up = max(catch_up, WEEKLY_CATCH_UP)
    return at - slot.at <= catch_up


def _locked_issue(kind: str, on: date, *, at: datetime) -> Issue:
    """Return the issue, locked: whoever writes to one issue waits for the one before."""
    Issue.objects.get_or_create(cadence=kind, on=on, defaults={"opened_at": at})
    return Issue.objects.select_for_update().get(cadence=kind, on=on)


def _write(issue: Issue, readers: Sequence[Subscriber], *, at: datetime) -> int:
    """Add those of `readers` that the issue does not have, and count them as expected."""
    ids = [reader.pk for reader in readers]
    have = set(issue.deliveries.filter(subscriber__in=ids).values_list("subscriber_id", flat=True))
    new = [reader for reader in readers if reader.pk not in have]
    candidates = _candidates(issue, at=at)
    picks = pick_for_all(_wishes(new, candidates, at=at), Pool.of(candidates))
    Delivery.objects.bulk_create(
        [_delivery(issue, reader, picks[reader.pk]) for reader in new], batch_size=500
    )
    issue.expected_count += len(new)
    issue.save(update_fields=["expected_count"])
    return len(new)


def _delivery(issue: Issue, reader: Subscriber, picks: Sequence[Pick]) -> Delivery:
    delivery = Delivery(issue=issue, subscriber=reader)
    delivery.picks = picks
    if not picks:
        delivery.state, delivery.error = State.SKIPPED, "no new papers on the reader's topics"
    return delivery


def _candidates(issue: Issue, *, at: datetime) -> list[Candidate]:
    """Papers of the issue's span of lists, hottest first."""
    papers = Paper.objects.trending(until=issue.on, days=LIST_DAYS[Issue.Cadence(issue.cadence)])
    fresh = papers.alive_since(at - STALE_AFTER)
    scores = dict(fresh.values_list("pk", "trend_score"))
    topics: dict[int, dict[int, float]] = defaultdict(dict)
    rows = Assignment.objects.filter(paper__in=scores, topic__is_active=True, strength__gte=CERTAIN)
    for paper, topic, strength in rows.values_list("paper_id", "topic_id", "strength"):
        topics[paper][topic] = strength
    return [Candidate(paper, trend, topics[paper]) for paper, trend in scores.items()]


def _wishes(
    readers: Sequence[Subscriber], candidates: Sequence[Candidate], *, at: datetime
) -> list[Reader]:
    """What each reader wants, and which of the candidates he has had."""
    interests: dict[int, dict[int, float]] = defaultdict(dict)
    rows = Interest.objects.filter(subscriber__in=readers)
    for reader, topic, weight in rows.values_list("subscriber_id", "topic_id", "weight"):
        interests[reader][topic] = weight
    sent = _sent(readers, candidates, at=at)
    return [
        Reader(reader.pk, interests[reader.pk], reader.length, sent[reader.pk])
        for reader in readers
    ]


def _sent(
    readers: Sequence[Subscriber], candidates: Sequence[Candidate], *, at: datetime
) -> dict[int, set[int]]:
    """Return subscriber id -> those of the candidates that were sent to him.

    A year of deliveries would fill the memory, but no paper was sent before it came to us.
    """
    return defaultdict(set)
