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
from django.utils.crypto import salted_hmac

from papers.sources import Counts, Item, PaperRecord, Refused, SourceError, fields, reading
from papers.sources import fetch as web

MOST_PAGES = 20  # of 100 papers; the longest list known has about as many as one page
LONGEST_REPR = 1_000_000  # characters; parsing one takes some 100 times its size in memory

SUBMITTER_LENGTH = 16  # hexadecimal digits, as Paper.submitter
VIDEO = (".mp4", ".mov", ".qt", ".webm", ".m4v")

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


def fetch(*, since: date, until: date) -> Iterator[Item]:
    """Ask for each working day's list, newest first; there are none at week-ends."""
    day = min(until, datetime.now(UTC).date())  # a later day is refused by the service
    while day >= since:
        if day.weekday() < 5:
            yield from _list(day)
        day -= timedelta(days=1)


def _date_in(name: str) -> date | None:
    for found in _DATE.findall(name):
        try:
            return date.fromisoformat(found)
        except ValueError:
            continue
    return None


def _list(day: date) -> Iterator[Item]:
    """Yield what one list holds, page by page; nothing of a page that is as it was."""
    place = f"Hugging Face list of {day}"
    url = f"{settings.HUGGINGFACE_API_URL.rstrip('/')}/daily_papers?date={day}&limit=100"
    number = 1
    for _ in range(MOST_PAGES):
        answer, seen_at = _ask(url), datetime.now(UTC)
        if not answer.is_unchanged:
            items = _items(reading.parse_json(answer.body, place=place), place=place)
            yield from _records(items, place=place, listed_on=day, seen_at=seen_at, first=number)
            number += len(items)
        if answer.page:
            yield answer.page
        if not (url := answer.next_url):
            return
    raise SourceError(f"{place} goes on after {MOST_PAGES} pages")


def _ask(url: str) -> web.Answer:
    try:
        return web.get(url, if_changed=True)
    except web.AnswerError as error:
        message = f"{error}{_reason(error.body)}"
        raise SourceError(message, temporary=error.temporary) from error


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
    items: Iterable[Any], *, place: str, listed_on: date, seen_at: datetime, first: int = 1
) -> Iterator[PaperRecord | Refused]:
    for number, item in enumerate(items, start=first):
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
        if not reading.is_shallow(item):
            raise fields.BadField("it is nested too deeply")
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
        code_url=fields.repository(_trimmed(paper.get("githubRepo"))),
        project_url=fields.web_address(_trimmed(paper.get("projectPage"))),
        submitter=_submitter(item),
        organisation=_organisation(item),
        has_video=any(_is_video(address) for address in _media(item)),
        keywords=fields.names(_strings(paper.get("ai_keywords"))),
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


def _submitter(item: dict[str, Any]) -> str:
    """Return a keyed hash, so that nobody learns from the database who it was.

    The site knows its users by an id, and by a name while a record has no id.
    """
    who = _first_dict(item.get("submittedBy"), item["paper"].get("submittedOnDailyBy"))
    known_as = next((who[key] for key in ("_id", "name", "user") if _is_text(who.get(key))), "")
    if not known_as:
        return ""
    keyed = salted_hmac("papers.submitter", f"huggingface:{known_as}", algorithm="sha256")
    return keyed.hexdigest()[:SUBMITTER_LENGTH]


def _organisation(item: dict[str, Any]) -> str:
    """Return its full name, else its short one."""
    keys = (item.get("organization"), item["paper"].get("organization"))
    which = _first_dict(*keys, item.get("submitterOrganization"))  # so in October 2025
    return next(iter(fields.names((which.get("fullname"), which.get("name")))), "")


def _media(item: dict[str, Any]) -> Iterator[str]:
    paper = item["paper"]
    yield from _strings(item.get("mediaUrls"))
    yield from _strings(paper.get("mediaUrls"))
    yield from _strings([item.get("mediaUrl"), item.get("thumbnail")])


def _is_video(address: str) -> bool:
    return address.lower().partition("?")[0].endswith(VIDEO)


def _first_dict(*values: Any) -> dict[str, Any]:
    return next((value for value in values if isinstance(value, dict) and value), {})


def _strings(values: Any) -> list[str]:
    return [value for value in values if _is_text(value)] if isinstance(values, list) else []


def _trimmed(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""
