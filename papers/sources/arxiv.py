"""New submissions to arXiv, from its Atom API or from saved answers of it."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from defusedxml.ElementTree import ParseError, iterparse
from django.conf import settings

from papers.sources import PaperRecord, Refused, SourceError, fields, reading
from papers.sources import fetch as web

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

PAUSE_SECONDS = 3.0  # between requests, as arXiv's terms of use ask
PAGE_SIZE = 100
MOST_PAPERS = 10_000  # in one call of `fetch`; arXiv itself stops at 30,000
DEEPEST = 30  # elements inside each other; a feed needs four


def read(path: Path, *, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
    """Read one saved feed.  arXiv has no list of the day, so `listed_on` is passed on as it is."""
    now = datetime.now(UTC)
    children = _children(reading.read_bytes(path), place=str(path))
    entries = (child for child in children if _name(child) == "entry")
    for number, entry in enumerate(entries, start=1):
        yield _record(entry, place=f"{path.name}, entry {number}", listed_on=listed_on, now=now)


def fetch(*, since: date, until: date) -> Iterator[PaperRecord | Refused]:
    """Ask for the papers that were submitted in [since, until], newest first."""
    now = datetime.now(UTC)
    start, total = 0, 1
    while start < total:
        if start:
            time.sleep(PAUSE_SECONDS)
        total, entries = _page(since=since, until=until, start=start)
        if not entries and start < total:
            raise SourceError(f"arXiv answered no entries at {start} of {total}", temporary=True)
        if total > MOST_PAPERS:
            raise SourceError(f"arXiv has {total:,} papers for these days: ask for fewer days")
        for number, entry in enumerate(entries, start=start + 1):
            yield _record(entry, place=f"arXiv, entry {number}", listed_on=None, now=now)
        start += len(entries)


def lookup(wanted: Collection[str]) -> Iterator[PaperRecord | Refused]:
    """Ask for papers by their ids, a hundred at most; an id that arXiv does not know is refused."""
    now = datetime.now(UTC)
    missing = dict.fromkeys(wanted)
    body = _ask({"id_list": ",".join(wanted), "max_results": str(len(wanted))})
    entries = [
        child for child in _children(body, place="arXiv's answer") if _name(child) == "entry"
    ]
    for number, entry in enumerate(entries, start=1):
        item = _record(entry, place=f"arXiv, entry {number}", listed_on=None, now=now)
        if isinstance(item, PaperRecord):
            missing.pop(item.arxiv_id, None)
        yield item
    for identifier in missing:
        yield Refused(f"look-up of {identifier}", "arXiv does not know this id, or not yet")


def _page(*, since: date, until: date, start: int) -> tuple[int, list[Element]]:
    """Return how many papers there are in all, and those from `start` on."""
    subjects = " OR ".join(f"cat:{code}" for code in settings.ARXIV_CATEGORIES)
    days = f"[{since:%Y%m%d}0000 TO {until:%Y%m%d}2359]"
    params = {
        "search_query": f"({subjects}) AND submittedDate:{days}",
        "sortBy": "submittedDate",
        "sortOrder": "descending",
        "start": str(start),
        "max_results": str(PAGE_SIZE),
    }
    body = _ask(params)
    children = list(_children(body, place="arXiv's answer"))
    totals = [child.text or "" for child in children if _name(child) == "totalResults"]
    total = int(totals[0]) if totals and totals[0].isdecimal() else 0
    return total, [child for child in children if _name(child) == "entry"]


def _ask(params: dict[str, str]) -> bytes:
    try:
        body = web.get(f"{settings.ARXIV_API_URL.rstrip('/')}/query", params=params).body
    except web.AnswerError as error:
        list(_children(error.body, place=str(error)) if b"<entry" in error.body else ())
        raise
    if body.strip() == b"Rate exceeded.":  # arXiv says so with status 200
        raise SourceError("arXiv says: Rate exceeded.", temporary=True)
    return body


def _children(body: bytes, *, place: str) -> Iterator[Element]:
    """Yield what the feed holds, one after the other, as far as the XML is whole.

    Raises:
        SourceError: for anything but an Atom feed, and for the one that tells of an error.
    """
    _check_start(body, place=place)
    depth = 0
    try:
        for event, element in iterparse(BytesIO(body), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                depth += 1
                _check_shape(element, depth=depth, place=place)
                continue
            depth -= 1
            if depth == 1:
                _check_error(element, place=place)
                yield element
    except ParseError as error:
        raise SourceError(f"{place} is broken XML: {error}") from error
    except (ValueError, LookupError) as error:  # forbidden by defusedxml; unknown encoding
        raise SourceError(f"{place} is XML that is not read: {error}") from error


def _check_start(body: bytes, *, place: str) -> None:
    start = body[:1000].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not start:
        raise SourceError(f"{place} is empty")
    if start.startswith((b"<!doctype html", b"<html")):
        raise SourceError(f"{place} is a web page, not an Atom feed")


def _check_shape(element: Element, *, depth: int, place: str) -> None:
    if depth > DEEPEST:
        raise SourceError(f"{place} is nested too deeply")
    if depth == 1 and _name(element) != "feed":
        raise SourceError(f"{place} is no Atom feed: it begins with <{_name(element)[:50]}>")


def _check_error(element: Element, *, place: str) -> None:
    """Recognise arXiv's way to refuse a query: a feed with one entry named "Error"."""
    if _name(element) == "entry" and "/api/errors" in _text(element, "id"):
        raise SourceError(f"{place}: arXiv says: {_text(element, 'summary')[:300]}")


def _record(
    entry: Element, *, place: str, listed_on: date | None, now: datetime
) -> PaperRecord | Refused:
    address = _text(entry, "id")
    identifier = fields.arxiv_id(address.partition("/abs/")[2])
    if not identifier:
        return Refused(place, "its id is not an arXiv id", excerpt=address[:500])
    try:
        title = fields.title(_text(entry, "title"))
    except fields.BadField as error:
        return Refused(place, str(error), excerpt=address[:500])
    return PaperRecord(
        title=title,
        place=place,
        arxiv_id=identifier,
        abstract=fields.abstract(_text(entry, "summary")),
        authors=fields.names([_text(author, "name") for author in _all(entry, "author")]),
        categories=_categories(entry),
        published_at=fields.moment(_text(entry, "published"), until=now),
        listed_on=listed_on,
    )


def _categories(entry: Element) -> tuple[str, ...]:
    labels = [*_all(entry, "primary_category"), *_all(entry, "category")]
    return fields.categories(label.get("term") for label in labels)


def _all(parent: Element, name: str) -> list[Element]:
    return [child for child in parent if _name(child) == name]


def _text(parent: Element, name: str) -> str:
    """Return the text of the first child of that name, or ""."""
    return next((fields.abstract(child.text) for child in _all(parent, name)), "")


def _name(element: Element) -> str:
    """Return the name without its namespace, which differs between arXiv's services."""
    return element.tag.rpartition("}")[2]
