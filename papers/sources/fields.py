"""Single values as sources write them, read strictly; pure functions, no clock."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from papers import taxonomy
from papers.text import clean

TITLE_LENGTH = 1_000
ABSTRACT_LENGTH = 20_000
NAME_LENGTH = 200
MOST_NAMES = 5_000  # the largest collaborations have about this many authors
URL_LENGTH = 500  # as Paper.code_url
MOST_COUNT = 10**9  # what does not fit is no count of readers

_NEW_ID = r"\d{4}\.\d{4,5}"
_OLD_ID = r"[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{7}"  # until March 2007
_ARXIV_ID = re.compile(rf"({_NEW_ID}|{_OLD_ID})(?:v\d{{1,3}})?", re.ASCII)
_REPOSITORY = re.compile(r"/([\w-]+)/([\w-][\w.-]*?)(?:\.git)?(?:/.*)?", re.ASCII)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<year>[0-9]{4}))?"
_LIST_DATES = [
    re.compile(rf"(?:[a-z]+day,?\s+|[a-z]{{3}},\s+)?{order}{_YEAR}", re.IGNORECASE)
    for order in (rf"{_MONTH}\s+{_DAY}", rf"{_DAY}\s+{_MONTH}")
]


class BadField(Exception):
    """A value without which, or with which, the record cannot be stored."""


def arxiv_id(text: object) -> str:
    """Return the id without its version, or "" if `text` is not one."""
    found = _ARXIV_ID.fullmatch(text.strip()) if isinstance(text, str) else None
    return found[1] if found else ""


def title(value: object) -> str:
    """Return a title of at least one visible character; raise `BadField`."""
    line = clean(value, limit=TITLE_LENGTH) if isinstance(value, str) else ""
    if not line:
        raise BadField("it has no title")
    return line


def abstract(value: object) -> str:
    return clean(value, limit=ABSTRACT_LENGTH) if isinstance(value, str) else ""


def names(values: Any) -> tuple[str, ...]:
    """Return the strings that name somebody, in their order."""
    lines = (clean(value, limit=NAME_LENGTH) for value in values if isinstance(value, str))
    return tuple(line for line in lines if line)[:MOST_NAMES]


def categories(values: Any) -> tuple[str, ...]:
    """Return the arXiv codes among `values`, as they are written today, each once, in order.

    Other schemes ("68T50", "I.2.7") and unknown codes are left out.
    """
    return taxonomy.normals(value for value in values if isinstance(value, str))


def count(value: object, *, name: str) -> int:
    """Return a whole number, 0 <= n < 10**9; missing is 0; raise `BadField`."""
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MOST_COUNT:
        raise BadField(f"its {name} are not a whole number from 0 to {MOST_COUNT - 1:,}")
    return value


def moment(value: object, *, until: datetime) -> datetime | None:
    """Return an ISO 8601 moment in UTC; None if it is none, or before arXiv, or after `until`."""
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else None
        if when is None:
            return None
        when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return when if when.year >= 1986 and when <= until else None  # arXiv holds older deposits


def list_date(line: str, *, today: date) -> date | None:
    """Read a line such as "Mar 14", "14 March" or "Mar 14, 2025"; None if it is no date.

    Without a year it is the latest such day that is not after `today`.
    """
    found = next(filter(None, (pattern.fullmatch(line) for pattern in _LIST_DATES)), None)
    if found is None:
        return None
    month, day = _MONTHS.index(found["month"][:3].lower()) + 1, int(found["day"])
    # Eight years back, because 29 February may be that rare.
    years = [int(found["year"])] if found["year"] else range(today.year, today.year - 9, -1)
    for year in years:
        try:
            candidate = date(year, month, day)
        except ValueError:
            continue
        if candidate <= today:
            return candidate
    return None


def web_address(value: object) -> str:
    """Return an http or https address without user name, or ""."""
    if not isinstance(value, str) or not 0 < len(value) <= URL_LENGTH:
        return ""
    if clean(value, limit=URL_LENGTH) != value or " " in value or "\\" in value:
        return ""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  # raises ValueError for a port that is none
    except ValueError:
        return ""
    is_plain = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    return value if is_plain else ""


def repository(value: object) -> str:
    """Return the front page of a GitHub repository, or "" if `value` lies elsewhere."""
    parts = urlsplit(web_address(value))
    if parts.hostname not in {"github.com", "www.github.com"}:
        return ""
    found = _REPOSITORY.fullmatch(parts.path)
    return f"https://github.com/{found[1]}/{found[2]}" if found else ""


def midnight(day: date) -> datetime:
    """Return the moment in UTC when `day` begins."""
    return datetime.combine(day, time(), tzinfo=UTC)


def end_of_day(day: date, *, now: datetime) -> datetime:
    """Return when the list of `day` was complete, or `now` if it is not yet."""
    return midnight(day + timedelta(days=1)) if day < now.date() else now
