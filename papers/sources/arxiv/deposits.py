"""A paper as arXiv's own records describe it: versions, sizes, and who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from papers import announcements
from papers.sources import PaperRecord, Refused, fields
from papers.sources.arxiv import withdrawal


@dataclass(frozen=True, slots=True)
class Version:
    """One version: when it came, and what its source is."""

    number: int  # from 1
    came_at: datetime | None  # timezone-aware
    size: str = ""  # "56kb"; "0kb" when it was withdrawn
    source_type: str = ""  # letters; "I" for a source to ignore


@dataclass(frozen=True, slots=True)
class Deposit:
    """One paper in one of the formats that arXiv keeps for itself."""

    identifier: str
    title: str
    abstract: str = ""
    comment: str = ""
    authors: Sequence[str] = ()
    categories: Sequence[str] = ()
    versions: Sequence[Version] = ()  # empty if the format does not tell
    published_at: datetime | None = None  # for formats without versions


def record(deposit: Deposit, *, place: str, listed_on: date | None = None) -> PaperRecord | Refused:
    """Return the deposit as a record; its list is the given one, else its first version's."""
    try:
        title = fields.title(deposit.title)
    except fields.BadField as error:
        return Refused(place, str(error), excerpt=deposit.identifier)
    versions = sorted(deposit.versions, key=lambda version: version.number)
    first = versions[0].came_at if versions else None
    return PaperRecord(
        title=title,
        place=place,
        arxiv_id=deposit.identifier,
        abstract=fields.abstract(deposit.abstract),
        authors=fields.names(deposit.authors),
        categories=fields.categories(deposit.categories),
        published_at=first or deposit.published_at,
        listed_on=listed_on or (announcements.list_date(first) if first else None),
        version=versions[-1].number if versions else 0,
        is_withdrawn=_is_withdrawn(deposit, newest=versions[-1] if versions else None),
    )


def moment(text: str, *, now: datetime) -> datetime | None:
    """Read "Wed, 4 Apr 2007 17:36:18 GMT"; None if it is none or lies in the future."""
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    utc = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return fields.moment(utc.isoformat(), until=now)


def _is_withdrawn(deposit: Deposit, *, newest: Version | None) -> bool | None:
    if withdrawal.by_words(comment=deposit.comment, abstract=deposit.abstract):
        return True
    if newest is None or not newest.size:
        return None
    return withdrawal.by_source(size=newest.size, source_type=newest.source_type)
