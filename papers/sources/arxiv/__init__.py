"""arXiv: what was announced last, from its daily feeds; and any saved answer of its services."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from papers.sources import Item, PaperRecord, Refused, SourceError, reading
from papers.sources.arxiv import abs_file, elements, feed, oai, query

LONGEST = timedelta(days=8)  # polling asks for the last week, of which the feeds hold a day


def read(path: Path, *, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
    """Read a saved daily feed, answer of the query API, OAI-PMH page or .abs file."""
    body = reading.read_bytes(path)
    if abs_file.is_one(body):
        yield from abs_file.read(body, place=path.name, listed_on=listed_on)
    elif elements.root(body) == "OAI-PMH":
        yield from oai.parse(body, place=path.name, listed_on=listed_on)
    elif (b"announce_type" not in body and b"/abs/" in body) or b"/api/errors" in body:
        yield from query.read(body, place=path.name, listed_on=listed_on)
    else:
        yield from feed.read(body, place=path.name, listed_on=listed_on)


def fetch(*, since: date, until: date) -> Iterator[Item]:
    """Read the feeds, which hold the newest list only.

    Raises:
        SourceError: for days that the feeds do not hold any more; OAI-PMH does.
    """
    today = datetime.now(UTC).date()
    if until < today or since < today - LONGEST:
        raise SourceError(
            "arXiv's feeds hold the newest list only: for earlier days read arxiv-oai"
        )
    yield from feed.fetch()
