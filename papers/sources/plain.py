"""A paper as people write it down: one value a field, under our own names of the fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from papers.sources import Counts, PaperRecord, fields
from papers.sources.fields import BadField

COUNTS = ("votes", "comments", "stars")
NAMES = (
    "title", "arxiv_id", "abstract", "summary", "authors", "categories", "topics",
    "published_at", "listed_on", "code_url", "project_url", *COUNTS,
)  # fmt: skip

_BEFORE_ID = re.compile(
    r"(?:arxiv:|https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/)", re.IGNORECASE
)
# Ids have five digits behind the point since January 2015.
_CUT_ID = re.compile(r"(?:1[5-9]|[2-8][0-9])[0-9]{2}\.[0-9]{4}")
_SLUG = re.compile(r"[\w-]{1,50}", re.ASCII)


def record(
    values: Mapping[str, object], *, place: str, listed_on: date | None, now: datetime
) -> PaperRecord:
    """Read one paper; `listed_on` is for papers that do not say their own.

    Values are texts, or what JSON has for them.  Counts are dated to the end of the list day.

    Raises:
        BadField: for a value that is not what its field holds; nothing is guessed.
    """
    day = _list_date(values) or listed_on
    return PaperRecord(
        title=fields.title(_text(values, "title")),
        place=place,
        arxiv_id=arxiv_id(_text(values, "arxiv_id")),
        abstract=fields.abstract(_text(values, "abstract")),
        summary=fields.abstract(_text(values, "summary")),
        authors=fields.names(_several(values, "authors", separators=";")),
        categories=_categories(values),
        topics=_topics(values),
        published_at=_moment(values, now=now),
        listed_on=day,
        code_url=_address(values, "code_url"),
        project_url=_address(values, "project_url"),
        counts=_counts(values, day=day, now=now),
    )


def arxiv_id(text: str) -> str:
    """Return the id in an id, with or without "arXiv:", or in an address of arXiv.

    An empty text has none; raises `BadField` for any other.
    """
    given = text.strip()
    bare = (
        given[found.end() :].removesuffix(".pdf") if (found := _BEFORE_ID.match(given)) else given
    )
    identifier = fields.arxiv_id(bare)
    if _CUT_ID.fullmatch(identifier):
        raise BadField(
            f"its arxiv_id {identifier} lacks a digit: a spreadsheet may have taken it for a number"
        )
    if given and not identifier:
        raise BadField(f"its arxiv_id {given[:50]!r} is not an arXiv id")
    return identifier


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadField(f"its {name} is not a text; write it in quotes")
    return value.strip()


def _several(values: Mapping[str, object], name: str, *, separators: str) -> list[str]:
    """Read a list of texts, or one text in which they are separated."""
    value = values.get(name)
    if value is None or isinstance(value, str):
        value = re.split(f"[{separators}]", value or "")
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadField(f"its {name} are not a list of texts")
    return [item.strip() for item in value if item.strip()]


def _categories(values: Mapping[str, object]) -> tuple[str, ...]:
    given = _several(values, "categories", separators=r";,\s")
    codes = fields.categories(given)
    _check_all(given, codes, name="categories", what="an arXiv category such as cs.AI")
    return codes


def _topics(values: Mapping[str, object]) -> tuple[str, ...]:
    given = _several(values, "topics", separators=r";,\s")
    slugs = tuple(slug for slug in given if _SLUG.fullmatch(slug))
    _check_all(given, slugs, name="topics", what="the short name of a topic")
    return slugs


def _check_all(given: Iterable[str], good: Iterable[str], *, name: str, what: str) -> None:
    if bad := next((item for item in given if item not in set(good)), None):
        raise BadField(f"its {name}: {bad[:50]!r} is not {what}")


def _moment(values: Mapping[str, object], *, now: datetime) -> datetime | None:
    text = _text(values, "published_at")
    when = fields.moment(text, until=now)
    if text and when is None:
        raise BadField(f"its published_at {text[:50]!r} is no past date such as 2026-03-16")
    return when


def _list_date(values: Mapping[str, object]) -> date | None:
    text = _text(values, "listed_on")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadField(f"its listed_on {text[:50]!r} is not a date such as 2026-03-16") from error


def _address(values: Mapping[str, object], name: str) -> str:
    text = _text(values, name)
    address = fields.web_address(text)
    if text and not address:
        raise BadField(f"its {name} {text[:50]!r} is not a web address")
    return address


def _counts(values: Mapping[str, object], *, day: date | None, now: datetime) -> tuple[Counts, ...]:
    given = {name: _number(values[name]) for name in COUNTS if values.get(name) not in (None, "")}
    if not given:
        return ()
    if day is None:
        raise BadField(f"its {next(iter(given))} need a list date: fill in listed_on, or give one")
    numbers = {name: fields.count(value, name=name) for name, value in given.items()}
    return (Counts(fields.end_of_day(day, now=now), **numbers),)


def _number(value: object) -> object:
    """Turn a text of digits into its number; anything else is for `fields.count` to judge."""
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else value
