"""Load the papers that one issue may have."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from newsletter.matching import twins
from newsletter.matching.phrases import Text
from newsletter.matching.pool import MOST_PAPERS, Candidate, Pool
from newsletter.models import Issue
from papers.models import Assignment, Paper

LIST_DAYS = {
    Issue.Cadence.DAILY: 3,
    Issue.Cadence.WEEKDAYS: 3,
    Issue.Cadence.WEEKLY: 7,
    Issue.Cadence.MONTHLY: 31,
}
STALE_AFTER = timedelta(days=14)  # a paper that nobody listed or stored since then is old
CERTAIN = 0.5  # strength below which a paper is not said to be about a topic in a mail


def load(cadence: str, on: date, *, at: datetime) -> Pool:
    """Return the papers of the issue's span of lists: the hottest, as many as matching takes."""
    span = LIST_DAYS[Issue.Cadence(cadence)]
    days = max(STALE_AFTER, timedelta(days=span))
    fresh = Paper.objects.trending(until=on, days=span).alive_since(at - days)
    names = ("pk", "trend_score", "title", "abstract", "authors", "vector")
    rows = list(fresh.values_list(*names)[:MOST_PAPERS])
    topics = _topics({row[0] for row in rows})
    found = [
        Candidate(pk, trend, topics[pk], Text(title, abstract, _names(authors)), vector)
        for pk, trend, title, abstract, authors, vector in rows
    ]
    return Pool.of(*twins.merge(found))


def _topics(papers: set[int]) -> dict[int, dict[int, float]]:
    topics: dict[int, dict[int, float]] = defaultdict(dict)
    rows = Assignment.objects.filter(topic__is_active=True, strength__gte=CERTAIN)
    # Between the ends: thousands of ids would be too many for SQLite.
    between = rows.filter(paper__gte=min(papers, default=0), paper__lte=max(papers, default=0))
    for paper, topic, strength in between.values_list("paper_id", "topic_id", "strength"):
        if paper in papers:
            topics[paper][topic] = strength
    return topics


def _names(authors: object) -> tuple[str, ...]:
    if not isinstance(authors, list):
        return ()
    return tuple(name for name in authors if isinstance(name, str))
