"""The daily lists of Hugging Face Papers, from its API or from saved answers of it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from papers.sources import Counts, PaperRecord, Refused, SourceError, fields, reading
from papers.sources import fetch as web

MOST_PAGES = 20  # of 100 papers; the longest list known has about as many as one page
LONGEST_REPR = 1_000_000  # characters; parsing one takes some 100 times its size in memory

_DATE = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")


def read(path: Path, *, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
    """Read the answer for one day; without `listed_on` the file name must hold the date."""
    body = reading.read_bytes(path)
    day = listed_on or _date_in(path.name)
    if day is None:
        raise SourceError(f"{path} has no date such as 2026-03-16 in its name: use --date")
    items = _items(reading.parse_json(body, place=str(path)), place=str(path))
    seen_at = fields.end_of_day(day, now=datetime.now(UTC))
    yield from _records(items, place=path.name, listed_on=day, seen_at=seen_at)


def fetch(*, since: date, until: date) -> Iterator[PaperRecord | Refused]:
    """Ask for each working day's list, newest first; there are none at week-ends."""
    now = datetime.now(UTC)
    day = min(until, now.date())  # a later day is refused by the service
    while day >= since:
        if day.weekday() < 5:
            place = f"Hugging Face list of {day}"
            yield from _records(_pages(day), place=place, listed_on=day, seen_at=now)
        day -= timedelta(days=1)


def _date_in(name: str) -> date | None:
    for found in _DATE.findall(name):
        try:
            return date.fromisoformat(found)
        except ValueError:
            continue
    return None


def _pages(day: date) -> Iterator[Any]:
    place = f"Hugging Face list of {day}"
    url = f"{settings.HUGGINGFACE_API_URL.rstrip('/')}/daily_papers?date={day}&limit=100"
    for _ in range(MOST_PAGES):
        try:
            answer = web.get(url)
        except web.AnswerError as error:
            message = f"{error}{_reason(error.body)}"
            raise SourceError(message, temporary=error.temporary) from error
        yield from _items(reading.parse_json(answer.body, place=place), place=place)
        if not (url := answer.next_url):
            return
    raise SourceError(f"{place} goes on after {MOST_PAGES} pages")


def _reason(body: bytes) -> str:
    """Return what the service says in {"error": ...}, ready to append to a message."""
    try:
        match json.loads(body):
            case {"error": str(reason)}:
                return f": {fields.abstract(reason)[:200]}"
    except (ValueError, RecursionError):
        pass
    return ""


def _items(answer: Any, *, place: str) -> list[Any]:
    """Find the list of records: the answer itself, or `data` of a saved one."""
    match answer:
        case list():
            return answer
        case {"data": list(items)}:
            return items
        case {"error": str(reason)}:
            raise SourceError(f"{place} is an error message: {fields.abstract(reason)[:200]}")
    raise SourceError(f"{place} holds no list of papers")


def _records(
    items: Iterable[Any], *, place: str, listed_on: date, seen_at: datetime
) -> Iterator[PaperRecord | Refused]:
    for number, item in enumerate(items, start=1):
        here = f"{place}, record {number}"
        try:
            yield _record(_unfold(item), place=here, listed_on=listed_on, seen_at=seen_at)
        except fields.BadField as error:
            yield Refused(here, str(error), excerpt=fields.abstract(repr(item)[:500]))


def _unfold(item: Any) -> dict[str, Any]:
    """Return the record; some mirrors save each one as the text of a Python dict."""
    if isinstance(item, str):
        if len(item) > LONGEST_REPR:
            raise fields.BadField(f"it is longer than {LONGEST_REPR:,} characters")
        try:
            item = ast.literal_eval(item)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
            raise fields.BadField("it is neither JSON nor the text of a Python dict") from error
    if not isinstance(item, dict) or not isinstance(item.get("paper"), dict):
        raise fields.BadField("it has no paper in it")
    return item


def _record(item: dict[str, Any], *, place: str, listed_on: date, seen_at: datetime) -> PaperRecord:
    paper = item["paper"]
    identifier = fields.arxiv_id(paper.get("id"))
    if not identifier:
        raise fields.BadField("its paper.id is not an arXiv id")
    return PaperRecord(
        title=fields.title(paper.get("title") or item.get("title")),
        place=place,
        arxiv_id=identifier,
        abstract=fields.abstract(paper.get("summary") or item.get("summary")),
        authors=fields.names(_shown(paper.get("authors"))),
        published_at=fields.moment(paper.get("publishedAt"), until=seen_at),
        listed_on=listed_on,
        code_url=fields.repository(paper.get("githubRepo")),
        project_url=fields.web_address(paper.get("projectPage")),
        counts=(_counts(item, seen_at=seen_at),),
    )


def _counts(item: dict[str, Any], *, seen_at: datetime) -> Counts:
    """Read the counts: votes and stars are told of the paper, comments of the list's entry."""
    paper = item["paper"]
    return Counts(
        seen_at=seen_at,
        votes=fields.count(paper.get("upvotes"), name="votes"),
        comments=fields.count(item.get("numComments"), name="comments"),
        stars=fields.count(paper.get("githubStars"), name="stars"),
    )


def _shown(authors: Any) -> Iterator[Any]:
    """Leave out authors who are marked as wrongly attached."""
    for author in authors if isinstance(authors, list) else ():
        if isinstance(author, dict) and not author.get("hidden"):
            yield author.get("name")
