"""Saved answers of Semantic Scholar's API.  They fill gaps of papers that are here already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from papers.sources import PaperRecord, Refused, SourceError, fields, reading


def read(path: Path, *, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
    """Read papers from a saved answer: a batch, a search, recommendations, or one paper.

    It knows nothing of lists, so `listed_on` is left aside.
    """
    now = datetime.now(UTC)
    items = _items(reading.parse_json(reading.read_bytes(path), place=str(path)), place=str(path))
    for number, item in enumerate(items, start=1):
        place = f"{path.name}, record {number}"
        try:
            yield _record(_unwrap(item), place=place, now=now)
        except fields.BadField as error:
            yield Refused(place, str(error), excerpt=fields.abstract(repr(item)[:500]))


def fetch(*, since: date, until: date) -> Iterator[PaperRecord | Refused]:
    raise SourceError("Semantic Scholar is read from a saved answer: use --file")


def _items(answer: Any, *, place: str) -> list[Any]:
    match answer:
        case list():
            return answer
        case {"error": str(reason)} | {"message": str(reason)}:
            raise SourceError(f"{place}: Semantic Scholar says: {fields.abstract(reason)[:200]}")
        case {"data": list(items)} | {"recommendedPapers": list(items)} | {"result": list(items)}:
            return items
        case {"total": 0}:  # an empty search has no list at all
            return []
        case {"paperId": str()}:
            return [answer]
    raise SourceError(f"{place} is no answer of Semantic Scholar that is read")


def _unwrap(item: Any) -> dict[str, Any]:
    match item:
        case None:
            raise fields.BadField("Semantic Scholar does not know this paper")
        case {"citingPaper": dict(paper)} | {"citedPaper": dict(paper)} | {"paper": dict(paper)}:
            return paper
        case {"paperId": _}:
            return dict(item)
    raise fields.BadField("it is no paper")


def _record(paper: dict[str, Any], *, place: str, now: datetime) -> PaperRecord:
    names = paper.get("externalIds")
    identifier = fields.arxiv_id(names.get("ArXiv")) if isinstance(names, dict) else ""
    if not identifier:
        raise fields.BadField("it has no arXiv id")
    authors = paper.get("authors")
    return PaperRecord(
        title=fields.title(paper.get("title")),
        place=place,
        arxiv_id=identifier,
        abstract=fields.abstract(paper.get("abstract")),
        authors=fields.names(
            author.get("name")
            for author in (authors if isinstance(authors, list) else ())
            if isinstance(author, dict)
        ),
        published_at=fields.moment(paper.get("publicationDate"), until=now),
        is_update=True,
    )
