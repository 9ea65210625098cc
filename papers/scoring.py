"""Score lists of papers by the attention that was observed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import F, Window
from django.db.models.functions import FirstValue

from papers import trending
from papers.models import Observation, Paper
from papers.trending import Attention


def score_recent(*, today: date, days: int = 8) -> int:
    """Score the lists of the last `days` days, today included; return the number of papers."""
    return score_lists(today - timedelta(days=age) for age in range(days))


def score_lists(dates: Iterable[date]) -> int:
    """Score every paper of these list dates; return how many papers they hold."""
    papers = Paper.objects.filter(listed_on__in=set(dates)).only(
        "listed_on", "votes", "comments", "trend_score"
    )
    lists: defaultdict[date | None, list[Paper]] = defaultdict(list)
    for paper in papers.order_by("pk"):
        lists[paper.listed_on].append(paper)
    gained = _stars_gained(day for day in lists if day)
    changed = [paper for listed in lists.values() for paper in _score(listed, gained)]
    Paper.objects.bulk_update(changed, ["trend_score"], batch_size=400)
    return sum(len(listed) for listed in lists.values())


def _score(listed: list[Paper], gained: dict[int, int]) -> list[Paper]:
    """Set the scores of one list; return the papers whose score changed."""
    scores = trending.trend_scores(
        [Attention(paper.votes, paper.comments, gained.get(paper.pk, 0)) for paper in listed]
    )
    changed = []
    for paper, score in zip(listed, scores, strict=True):
        if paper.trend_score != score:
            paper.trend_score = score
            changed.append(paper)
    return changed


def _stars_gained(dates: Iterable[date]) -> dict[int, int]:
    """Newest stars minus first stars by paper id; the most that any one source saw.

    A source says 0 also while it knows of no repository, so counting starts with the first
    observation that has stars: a famous repository that is linked late has gained nothing.
    """
    in_time, back_in_time = (
        Window(FirstValue("stars"), partition_by=[F("paper_id"), F("source")], order_by=order)
        for order in ("seen_at", "-seen_at")
    )
    observed = (
        Observation.objects.filter(paper__listed_on__in=list(dates), stars__gt=0)
        .annotate(first=in_time, newest=back_in_time)
        .order_by()
        .values_list("paper_id", "first", "newest")
        .distinct()
    )
    gained: dict[int, int] = {}
    for paper_id, first, newest in observed:
        gained[paper_id] = max(gained.get(paper_id, 0), newest - first)
    return gained
