"""How many of our readers' votes count for each paper."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, F, Q

from papers import attention
from subscriptions.models import Subscriber, Vote

DAYS = 8  # how old a list may be whose papers are voted for; older ones are scored no more
NEW = timedelta(hours=48)  # how long ago a reader must have confirmed before he votes


def count_votes(*, at: datetime) -> int:
    """Tell papers of the votes for recent lists; return for how many papers it was news."""
    since = at.date() - timedelta(days=DAYS)
    votes = Vote.objects.filter(
        paper__listed_on__gte=since, subscriber__state=Subscriber.State.CONFIRMED
    ).order_by()
    is_settled = Q(at__gte=F("subscriber__state_changed_at") + NEW)
    counted = votes.values_list("paper").annotate(
        settled=Count("pk", filter=is_settled), every=Count("pk")
    )
    counts = {paper: weigh(settled, every - settled) for paper, settled, every in counted}
    return attention.note_votes(counts, since=since)


def weigh(settled: int, new: int) -> int:
    """Return how many votes count, if `new` of them come from readers of hardly two days.

    Readers who have just confirmed count one, and one more for every two others: a hundred
    addresses made for it lift a paper no more than one.
    """
    return settled + min(new, 1 + settled // 2)
