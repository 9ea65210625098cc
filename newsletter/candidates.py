"""Load the papers that one issue may have."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F

from newsletter import placing
from newsletter.matching import twins
from newsletter.matching.phrases import Text
from newsletter.matching.pool import MOST_PAPERS, Candidate, Pool
from newsletter.models import Issue, Plan
from newsletter.placing import NOTHING, Act, Acts
from papers.models import Assignment, Paper, PaperQuerySet
from papers.trending import percentiles

LIST_DAYS = {
    Issue.Cadence.DAILY: 3,
    Issue.Cadence.WEEKDAYS: 3,
    Issue.Cadence.WEEKLY: 7,
    Issue.Cadence.MONTHLY: 31,
}
# In which issue somebody who paused is told what he missed, the shortest span first.
CATCHING_UP = (Issue.Cadence.WEEKLY, Issue.Cadence.MONTHLY)
# Over these, papers are compared by the votes to be expected, and the youngest wait.
LONG = {Issue.Cadence.WEEKLY, Issue.Cadence.MONTHLY}
SETTLING = timedelta(hours=24)  # how long a list gathers votes before it can be compared
# Without a new list for longer than any weekend, papers that no list named are sent, too.
NO_LIST_FOR = timedelta(days=4)
NO_LIST = (
    "No list of trending papers could be had lately, so there are no votes today. "
    "New papers are in the order in which they match your topics."
)
STALE_AFTER = timedelta(days=14)  # a paper that nobody listed or stored since then is old
RISING = 0.7  # the trend from which on a paper that rose may come to a reader again
COLUMNS = (
    *("pk", "title", "abstract", "authors", "vector", "rises"), "trend_score", "expected_votes",
)  # fmt: skip
CERTAIN = 0.2  # strength below which a paper is not said to be about a topic in a mail


def load(cadence: str, on: date, *, at: datetime, acts: Acts = NOTHING) -> Pool:
    """Return the papers of the issue's span of lists: the hottest, as many as matching takes.

    In a short issue a paper's trend is its score within its list; in a long one it is its
    percentile over the span in votes to be expected.

    Args:
        acts: what editors want of some of them.
    """
    span = LIST_DAYS[Issue.Cadence(cadence)]
    days = max(STALE_AFTER, timedelta(days=span))
    is_long = cadence in LONG
    until = min(on, (at - SETTLING).date()) if is_long else on
    fresh = Paper.objects.trending(until=until, days=span).alive_since(at - days)
    if is_long:
        fresh = fresh.most_expected_first()
    most = MOST_PAPERS + len(acts)  # some of them may go
    rows = _rows(fresh, acts, most=most)
    trends = percentiles([row[-1] for row in rows]) if is_long else [row[-2] for row in rows]
    unlisted = _unlisted(on, since=at - timedelta(days=span), until=at)
    rows += _rows(unlisted, acts, most=most - len(rows))
    trends += [0] * (len(rows) - len(trends))
    topics = _topics({row[0] for row in rows})
    found = [
        Candidate(
            pk, trend, topics[pk], Text(title, abstract, _names(authors)), vector, rises,
            may_return=settings.RISING_AGAIN and rises > 0 and trend >= RISING,
        )
        for (pk, title, abstract, authors, vector, rises, *_), trend in zip(
            rows, trends, strict=True
        )
    ]  # fmt: skip
    return Pool.of(*placing.place(*twins.merge(found), acts))


def kind(cadence: str, *, missed: int) -> str:
    """Return whose issue tells most of what a reader missed in so many days.

    His own, if its lists go back that far; else the weekly one, else the monthly.
    """
    if missed <= LIST_DAYS[Issue.Cadence(cadence)]:
        return cadence
    long_enough = (longer for longer in CATCHING_UP if missed <= LIST_DAYS[longer])
    return str(next(long_enough, CATCHING_UP[-1]))


def introduction(cadence: str, on: date, *, at: datetime) -> str:
    """Return what stands above the papers of an issue that is to be made; may be empty.

    What editors planned to say, and then what must be said of the candidates.
    """
    planned = Plan.objects.counting(cadence, on).values_list("introduction", flat=True)
    said = [*planned, _warning(cadence, on, at=at)]
    return "\n\n".join(filter(None, said))


def _warning(cadence: str, on: date, *, at: datetime) -> str:
    """Return that the candidates have no votes, or nothing.

    Lists without a single vote are announcements: arXiv's go on when nobody counts votes.
    Where nobody ever did, there is nothing to miss.
    """
    voted = Paper.objects.filter(votes__gt=0).newest_list(until=on)
    is_missed = voted is not None and on - voted > NO_LIST_FOR
    if is_missed and Paper.objects.listed(since=on - NO_LIST_FOR, until=on).exists():
        return NO_LIST
    since = at - timedelta(days=LIST_DAYS[Issue.Cadence(cadence)])
    return NO_LIST if _unlisted(on, since=since, until=at).exists() else ""


def _rows(papers: PaperQuerySet, acts: Acts, *, most: int) -> list[tuple[Any, ...]]:
    """Read so many papers in their order, after those that are boosted: no cut is for them."""
    chosen = [paper for paper, act in acts.items() if act == Act.BOOST]
    boosted = list(papers.filter(pk__in=chosen).values_list(*COLUMNS)) if chosen else []
    others = papers.exclude(pk__in=chosen).values_list(*COLUMNS)
    return boosted + list(others[: max(most - len(boosted), 0)])


def _unlisted(on: date, *, since: datetime, until: datetime) -> PaperQuerySet:
    """Papers that came in that time and are on no list, newest first; none while lists come."""
    newest = Paper.objects.newest_list(until=on)
    if newest is not None and on - newest <= NO_LIST_FOR:
        return Paper.objects.none()
    found = Paper.objects.filter(listed_on=None, first_seen_at__range=(since, until))
    return found.order_by(F("published_at").desc(nulls_last=True), "pk")


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
