"""Papers that are here, about which arXiv is asked again: what is missing, what was withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from papers.models import Paper, PaperQuerySet
from papers.sources import PaperRecord, Refused
from papers.sources.arxiv import query

# What the ingestions are called.
COMPLETE = "arxiv-complete"
WITHDRAWALS = "arxiv-withdrawals"

RECENT = timedelta(days=8)  # a weekly digest reaches back seven lists


def incomplete(*, at: datetime) -> list[str]:
    """Return the ids of recent papers without categories or authors."""
    return _ids(_recent(at).filter(Q(categories=[]) | Q(authors=[])))


def recent(*, at: datetime) -> list[str]:
    """Return the ids of all papers that a weekly digest may have."""
    return _ids(_recent(at))


def look_up(ids: list[str]) -> Iterator[PaperRecord | Refused]:
    """Yield what arXiv says of these papers now; nobody is asked before the first record."""
    yield from query.lookup(ids)


def _recent(at: datetime) -> PaperQuerySet:
    return Paper.objects.alive_since(at - RECENT)


def _ids(papers: PaperQuerySet) -> list[str]:
    ids = papers.order_by("-listed_on", "pk").values_list("arxiv_id", flat=True)
    return [identifier for identifier in ids if identifier]
