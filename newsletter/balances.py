"""Counts how issues stand, in the background: often while they go out, hardly ever later."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Q

from newsletter.models import Balance, Event, Issue
from subscriptions.bounces import Kind
from subscriptions.verdicts import State

REASONS = 20  # of skipped deliveries, the commonest
DAY = timedelta(days=1)
# (age of the issue, how old its sums may be); after that mail services tell nothing new.
PATIENCE = ((3 * DAY, timedelta(minutes=1)), (30 * DAY, timedelta(hours=1)), (90 * DAY, DAY))


def is_outdated(*, opened: timedelta, counted: timedelta | None) -> bool:
    """Whether the sums of an issue are to be counted again.  Pure.

    Args:
        opened: how long ago it was opened.
        counted: how long ago its sums were counted; None for never.
    """
    if counted is None:
        return True
    for age, patience in PATIENCE:
        if opened <= age:
            return counted >= patience
    return False


def renew(*, at: datetime) -> int:
    """Count all issues whose sums are outdated; return how many."""
    oldest = PATIENCE[-1][0]
    candidates = Issue.objects.filter(Q(opened_at__gt=at - oldest) | Q(balance=None))
    outdated = [issue for issue in candidates.select_related("balance") if _is_due(issue, at=at)]
    for issue in outdated:
        count(issue, at=at)
    return len(outdated)


def _is_due(issue: Issue, *, at: datetime) -> bool:
    counted = at - issue.balance.counted_at if hasattr(issue, "balance") else None
    return is_outdated(opened=at - issue.opened_at, counted=counted)


def count(issue: Issue, *, at: datetime) -> Balance:
    """Count one issue and keep the sums."""
    expected, states = _states(issue)
    sums = {
        "expected": expected,
        "states": states,
        "skipped": _skipped(issue),
        "told": _told(issue),
        "counted_at": at,
    }
    return Balance.objects.update_or_create(issue=issue, defaults=sums)[0]


def _states(issue: Issue) -> tuple[int, dict[str, int]]:
    """Deliveries expected, and those that there are; one statement, so of one moment."""
    row = Issue.objects.filter(pk=issue.pk).order_by()
    found = row.values_list("expected_count", "deliveries__state").annotate(n=Count("deliveries"))
    rows = list(found)
    expected = rows[0][0] if rows else 0
    return expected, {state: n for _, state, n in rows if n}


def _skipped(issue: Issue) -> dict[str, int]:
    rows = issue.deliveries.filter(state=State.SKIPPED).order_by().values_list("error")
    return dict(rows.annotate(n=Count("pk")).order_by("-n", "error")[:REASONS])


def _told(issue: Issue) -> dict[str, int]:
    """By mail, not by event: whoever bounces twice is one."""
    against = Event.objects.filter(issue=issue, kind__gte=Kind.BLOCKED, is_ours=True)
    rows = against.order_by().values_list("kind").annotate(n=Count("entry", distinct=True))
    return {Kind(kind).name.lower(): n for kind, n in rows}
