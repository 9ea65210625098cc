"""Learn from lists that settled how votes grow on this site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction

from papers import growth, sightings
from papers.growth import Growth, Watched
from papers.histories import History
from papers.models import GrowthPoint, Paper

DAYS = 60  # lists that are older say nothing any more


def learn_growth(*, at: datetime) -> Growth:
    """Learn from the lists of the last 60 days, and keep what was learned."""
    since = at.date() - timedelta(days=DAYS)
    settled = (at - growth.SETTLED).date()
    days = Paper.objects.listed(since=since, until=settled).order_by().values_list("listed_on")
    # One list at a time: together they have hundreds of thousands of observations.
    lists = [_watched(day) for (day,) in days.distinct() if day]
    learned = growth.learn(lists)
    seen = growth.shares_seen(lists)
    points = [
        GrowthPoint(hours=hours, share=share, lists=len(seen[hours]), learned_at=at)
        for hours, share in learned.shares.items()
    ]
    with transaction.atomic():
        GrowthPoint.objects.all().delete()
        GrowthPoint.objects.bulk_create(points)
    return learned


def _watched(day: date) -> Watched:
    return watched(sightings.load([day]).values())


def watched(histories: Iterable[History]) -> Watched:
    """Sum up a list by age; papers that were not watched at an age are left out of it there."""
    sums: defaultdict[int, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for history in histories:
        if history.age < growth.SETTLED:
            continue
        for hours in growth.START:
            then = history.gained_at(history.joined + timedelta(hours=hours))
            if then is not None:
                so_far, finally_ = sums[hours]
                sums[hours] = so_far + then, finally_ + history.gained_by(history.last_seen)
    return Watched(dict(sums))
