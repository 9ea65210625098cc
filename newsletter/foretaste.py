"""What somebody would have got lately, had he been a reader: the real matching on past days.

Nothing is stored and no reader is needed.  The candidates of a past day hardly change, so each
process keeps them for an hour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from threading import Lock

from django.conf import settings

from newsletter import candidates, contents
from newsletter.contents import Item
from newsletter.matching.block import pick
from newsletter.matching.phrases import AUTHOR, KEYWORD, Hits
from newsletter.matching.pool import Pool
from newsletter.matching.readers import TREND_SHARE, Reader
from newsletter.models import Issue
from newsletter.picks import Pick
from newsletter.reasons import Names

Cadence = Issue.Cadence
DAYS = 14  # that are looked back on
MONTH = 31
NOON = time(12, tzinfo=UTC)
KEPT = 2 * (DAYS + 3)  # pools: of the hour that begins, and of the one that ends
_loading = Lock()  # or many who come at once would each load the same


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody would like to get; phrases are as `subscriptions.phrases` stores them."""

    topics: Mapping[int, float]  # topic id -> weight, 0..2; 1 is normal, 0 mutes
    length: int  # papers at most
    keywords: Sequence[str] = ()
    authors: Sequence[str] = ()
    excluded: Sequence[str] = ()
    trend_share: float = TREND_SHARE  # 0..1

    def phrases(self) -> list[tuple[int, int, str]]:
        """Return rows of (id, kind, text): made up, since these need not be stored."""
        kinds = [(KEYWORD, self.keywords), (AUTHOR, self.authors), (KEYWORD, self.excluded)]
        rows = [(kind, text) for kind, texts in kinds for text in texts]
        return [(number, kind, text) for number, (kind, text) in enumerate(rows, start=1)]


@dataclass(frozen=True, slots=True)
class Foretaste:
    """How much would have come, and what came last."""

    a_mail: float  # papers, on average over the digests that had any; 0 if none had
    a_week: float  # papers
    on: date | None  # of the last digest that had papers
    latest: list[Item]  # its papers, best first, with the reasons for them

    @property
    def is_empty(self) -> bool:
        return self.on is None

    @property
    def papers(self) -> int:
        """In one digest, as one says it: whole, and not none if there are some."""
        return max(round(self.a_mail), 0 if self.is_empty else 1)

    @property
    def in_a_week(self) -> int:
        return max(round(self.a_week), 0 if self.is_empty else 1)


def foretaste(wanted: Wanted, cadence: str, *, at: datetime) -> Foretaste:
    """Return what a reader with these wishes would have got in the days before `at`.

    As for every reader, no paper comes twice.  Of a weekly or monthly digest the last one is
    taken to be yesterday's, whatever weekday that was.
    """
    phrases = wanted.phrases()
    digests: list[tuple[date, list[Pick]]] = []
    sent: set[int] = set()
    for on in _days(cadence, until=at.date()):
        pool = _with_phrases(_pool_of(cadence, on, at=at), phrases)
        picks = pick(_reader(wanted, phrases, sent), pool, outside=settings.OUTSIDE_PICK)
        sent |= {found.paper_id for found in picks}
        if picks:
            digests.append((on, picks))
    if not digests:
        return Foretaste(0, 0, None, [])
    on, picks = digests[-1]
    total = sum(len(picks) for _, picks in digests)
    names = Names(phrases={number: text for number, _, text in phrases}, papers={})
    a_week = 7 * total / (MONTH if cadence == Cadence.MONTHLY else DAYS)
    return Foretaste(total / len(digests), a_week, on, contents.of(picks, names))


def _days(cadence: str, *, until: date) -> list[date]:
    """Return the days before `until` with a digest, oldest first."""
    days = [until - timedelta(days=back) for back in range(DAYS, 0, -1)]
    match cadence:
        case Cadence.MONTHLY:
            return days[-1:]
        case Cadence.WEEKLY:
            return days[6::7]
        case Cadence.WEEKDAYS:
            return [day for day in days if day.weekday() < 5]
        case _:
            return days


def _pool_of(cadence: str, on: date, *, at: datetime) -> Pool:
    if cadence == Cadence.WEEKDAYS:  # has the papers of a daily one
        cadence = Cadence.DAILY
    with _loading:
        return load(str(cadence), on, at.replace(minute=0, second=0, microsecond=0))


@lru_cache(maxsize=KEPT)
def load(cadence: str, on: date, _hour: datetime) -> Pool:
    """Return the candidates of a past day, as they are seen in one hour."""
    return candidates.load(cadence, on, at=datetime.combine(on, NOON))


def _with_phrases(pool: Pool, phrases: list[tuple[int, int, str]]) -> Pool:
    """Look phrases up apart from all others: the ids of these mean nothing to anybody else."""
    if not phrases:
        return pool
    hits = Hits()
    hits.learn(pool.index, phrases)
    return replace(pool, hits=hits)


def _reader(wanted: Wanted, phrases: list[tuple[int, int, str]], sent: set[int]) -> Reader:
    ids = [number for number, _, _ in phrases]
    looked_for = len(wanted.keywords) + len(wanted.authors)
    return Reader(
        0,
        wanted.topics,
        wanted.length,
        already_sent=sent,
        trend_share=wanted.trend_share,
        phrases=ids[:looked_for],
        excluded=ids[looked_for:],
    )
