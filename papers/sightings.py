"""Load what was seen of the votes of papers, and how votes have grown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from django.db.models import F, Max, Min, Window
from django.db.models.functions import Lag

from papers.growth import Growth
from papers.histories import History, Rise, history
from papers.models import GrowthPoint, Observation


def load(dates: Collection[date]) -> dict[int, History]:
    """Return the histories of papers whose newest list is of one of these dates, in two queries.

    A paper that nobody counted has none.
    """
    looks = Observation.objects.filter(
        paper__listed_on__in=dates, listed_on=F("paper__listed_on")
    ).order_by()
    spans = looks.values_list("paper", "listed_on").annotate(Min("seen_at"), Max("seen_at"))
    seen: defaultdict[date, list[datetime]] = defaultdict(list)
    first_seen: dict[int, tuple[date, datetime]] = {}
    for paper, day, first, last in spans:
        first_seen[paper] = day, first
        seen[day] += first, last
    rises = _rises(dates)
    return {
        paper: history(
            day, first_seen=first, looks=(min(seen[day]), max(seen[day])), rises=rises[paper]
        )
        for paper, (day, first) in first_seen.items()
    }


def growth() -> Growth:
    """Return what was learned of growth last, or the table to start with."""
    shares = dict(GrowthPoint.objects.values_list("hours", "share"))
    return Growth(shares) if shares else Growth()


def _rises(dates: Collection[date]) -> defaultdict[int, list[Rise]]:
    """Leave out the looks that showed nothing new, which are most of them."""
    since, before = (
        Window(look_before, partition_by=[F("paper_id")], order_by=["seen_at", "pk"])
        for look_before in (Lag("seen_at"), Lag("votes", default=-1))  # the first look rises, too
    )
    rows = (
        Observation.objects.filter(paper__listed_on__in=dates)
        .annotate(since=since, before=before)
        .filter(votes__gt=F("before"))
        .order_by("seen_at", "pk")
    )
    rises: defaultdict[int, list[Rise]] = defaultdict(list)
    for paper, until, votes, since in rows.values_list("paper_id", "seen_at", "votes", "since"):
        rises[paper].append(Rise(until, votes, since))
    return rises
