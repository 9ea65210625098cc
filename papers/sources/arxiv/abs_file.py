"""The .abs file of one paper, as arXiv keeps it: fields, then the abstract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

from papers.sources import PaperRecord, Refused, SourceError, fields, reading
from papers.sources.arxiv import deposits, ids, names
from papers.sources.arxiv.deposits import Deposit, Version

_FIELD = re.compile(
    r"^(?P<name>[A-Z][\w-]*)(?: \(revised (?P<version>v\d+)\))?: *(?P<value>.*)", re.MULTILINE
)
_DATE = re.compile(r"(?P<date>.*?)\s*\((?P<size>\d+\w*)(?:,(?P<type>\w*))?\)\s*")
_RULE = re.compile(r"^\\\\\s*$", re.MULTILINE)  # two backslashes alone in a line


def is_one(body: bytes) -> bool:
    """Tell by the head: a dashed line, two backslashes, the id."""
    return bool(re.match(rb"(?:-+\s*)?\\\\\s+arXiv:", body.lstrip()))


def read(body: bytes, *, place: str, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
    """Yield the one paper; `listed_on`, if given, is its list date.

    Raises:
        SourceError: if the file is cut off before the abstract.
    """
    sections = _RULE.split(reading.decode(body, place=place))
    if len(sections) < 3:
        raise SourceError(f"{place} is cut off: it has no abstract")
    head, abstract = sections[1], sections[2]
    first, _, rest = head.strip().partition("\n")
    identifier, _ = ids.identified(first)
    if not identifier:
        yield Refused(place, "its id is not an arXiv id", excerpt=first[:500])
        return
    values: dict[str, str] = {}
    versions: list[Version] = []
    now = datetime.now(UTC)
    for found in _FIELD.finditer(_unfolded(rest)):
        if found["name"] == "Date":
            number = ids.version_number(found["version"] or "v1")
            versions.append(_version(found["value"], number=number, now=now))
        else:
            values.setdefault(found["name"], found["value"])
    deposit = Deposit(
        identifier=identifier,
        title=values.get("Title", ""),
        abstract=abstract,
        comment=values.get("Comments", ""),
        authors=names.split(fields.abstract(values.get("Authors", ""))),
        categories=values.get("Categories", "").split(),
        versions=versions,
    )
    yield deposits.record(deposit, place=place, listed_on=listed_on)


def _unfolded(head: str) -> str:
    """Join the lines that go on with two blanks."""
    return re.sub(r"\n {2,}", " ", head)


def _version(value: str, *, number: int, now: datetime) -> Version:
    found = _DATE.fullmatch(value)
    if not found:
        return Version(number, deposits.moment(value, now=now))
    return Version(
        number,
        deposits.moment(found["date"], now=now),
        size=found["size"],
        source_type=found["type"] or "",
    )
