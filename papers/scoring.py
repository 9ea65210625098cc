"""Score lists of papers by the attention that was observed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from django.db.models import F, Window
from django.db.models.functions import FirstValue

from papers import cold_start, sightings, surges, trending
from papers.growth import WEEK, Growth
from papers.histories import History
from papers.models import Observation, Paper
from papers.trending import Attention

SCORES = ("trend_score", "expected_votes", "doubted_votes")


def score_recent(*, today: date, days: int = 8) -> int:
    """Score the lists of the last `days` days, today included; return the number of papers."""
    return score_lists(today - timedelta(days=age) for age in range(days))


def score_lists(dates: Iterable[date]) -> int:
    """Score every paper of these list dates; return how many papers they hold.

    A paper whose attention nobody counts, such as one that only arXiv announced, gets 0 on a
    list where others are counted: it takes no part in the percentiles of those few.
    """
    papers = Paper.objects.filter(listed_on__in=set(dates)).only(
        "listed_on", "votes", "comments", "own_votes", "vouched_at", *SCORES, *cold_start.FACTS
    )
    lists: defaultdict[date, list[Paper]] = defaultdict(list)
    for paper in papers.order_by("pk"):
        if paper.listed_on:
            lists[paper.listed_on].append(paper)
    if not lists:
        return 0
    histories, growth = sightings.load(lists.keys()), sightings.growth()
    gained = _stars_gained(lists)
    was = {paper.pk: _scores(paper) for listed in lists.values() for paper in listed}
    for listed in lists.values():
        _count_votes(listed, histories, growth)
        _score(listed, histories, gained)
    changed = [p for listed in lists.values() for p in listed if _scores(p) != was[p.pk]]
    Paper.objects.bulk_update(changed, SCORES, batch_size=250)
    return sum(len(listed) for listed in lists.values())


def _scores(paper: Paper) -> list[float]:
    return [getattr(paper, name) for name in SCORES]


def _count_votes(listed: list[Paper], histories: Mapping[int, History], growth: Growth) -> None:
    """Set which votes of one list are doubted, and how many are to be expected."""
    watched = {paper.pk: histories[paper.pk] for paper in listed if paper.pk in histories}
    vouched = {paper.pk: paper.vouched_at for paper in listed if paper.vouched_at}
    doubted = surges.doubted(watched, vouched)
    oldest = max((history.age for history in watched.values()), default=WEEK)
    for paper in listed:
        # One that nobody watched is as old as its list.
        history = watched.get(paper.pk)
        age, carried = (history.age, history.carried) if history else (oldest, 0)
        paper.doubted_votes = min(doubted.get(paper.pk, 0), paper.votes)
        counted = max(paper.votes - carried - paper.doubted_votes, 0)
        paper.expected_votes = growth.expected(counted, age=age)


def _score(
    listed: list[Paper], histories: Mapping[int, History], gained: Mapping[int, int]
) -> None:
    counted = [paper for paper in listed if _is_counted(paper, histories)] or listed
    for paper in listed:
        paper.trend_score = 0
    priors = cold_start.guesses(counted, histories)
    attention = [
        Attention(
            paper.expected_votes,
            paper.comments,
            gained.get(paper.pk, 0),
            paper.own_votes,
            priors.get(paper.pk),
        )
        for paper in counted
    ]
    for paper, score in zip(counted, trending.trend_scores(attention), strict=True):
        paper.trend_score = score


def _is_counted(paper: Paper, histories: Mapping[int, History]) -> bool:
    return paper.pk in histories or bool(paper.votes or paper.own_votes)


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
