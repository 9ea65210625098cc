"""Saved papers: one JSON object a line, of Hugging Face's lists or of arXiv's metadata."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

MOST_LINE = 1_000_000  # characters; what is longer is no paper
MONTH = re.compile(r"(\d{2})(0[1-9]|1[0-2])\.\d{4,5}")


class BadLine(Exception):
    """A line that is no paper; says what is wrong, and in which field."""


@dataclass(frozen=True, slots=True)
class Record:
    """One paper.  `day` is that of its list, or the first of its month in arXiv."""

    id: str
    day: date
    title: str
    abstract: str
    votes: int = 0
    comments: int = 0
    keywords: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(slots=True)
class Reading:
    """What a file holds: each paper once, as it was first listed, by day."""

    path: Path
    records: list[Record] = field(default_factory=list)
    repeats: int = 0
    refused: list[str] = field(default_factory=list)  # "file, line 3: what is wrong"


def read(path: Path) -> Reading:
    """Read a file, compressed or not; raise `OSError` if that cannot be done."""
    reading, found = Reading(path), dict[str, Record]()
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            record = parse(line)
        except BadLine as error:
            reading.refused.append(f"{path}, line {number}: {error}")
            continue
        reading.repeats += record.id in found
        known = found.get(record.id, record)
        found[record.id] = min(known, record, key=lambda paper: paper.day)
    reading.records = sorted(found.values(), key=lambda paper: (paper.day, paper.id))
    return reading


def parse(line: str) -> Record:
    """Read one line; raise `BadLine`."""
    if len(line) > MOST_LINE:
        raise BadLine(f"more than {MOST_LINE:,} characters")
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise BadLine("it is not JSON") from None
    if not isinstance(row, dict):
        raise BadLine("it is not a JSON object")
    return Record(
        id=_text(row, "id"),
        day=_day(row),
        title=_text(row, "title"),
        abstract=_text(row, "summary"),
        votes=_count(row, "upvotes"),
        comments=_count(row, "num_comments"),
        keywords=_names(row, "ai_keywords"),
        categories=_names(row, "categories"),
    )


def _lines(path: Path) -> Iterator[str]:
    opened = gzip.open if path.suffix == ".gz" else Path.open
    try:
        with opened(path, "rt", encoding="utf-8", errors="replace") as lines:
            yield from lines
    except (EOFError, gzip.zlib.error) as error:  # type: ignore[attr-defined]  # it imports zlib
        raise OSError(f"{path} is cut off or damaged: {error}") from error


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadLine(f"{name} is not a text")
    return value


def _day(row: dict[str, Any]) -> date:
    if "list_date" in row:
        try:
            return date.fromisoformat(str(row["list_date"]))
        except ValueError:
            raise BadLine("list_date is not a date") from None
    month = MONTH.match(_text(row, "id"))
    if not month:
        raise BadLine("there is no list_date, and id does not begin with a month")
    return date(2000 + int(month[1]), int(month[2]), 1)


def _count(row: dict[str, Any], name: str) -> int:
    value = row.get(name) or 0
    if not isinstance(value, int) or value < 0:
        raise BadLine(f"{name} is not a count")
    return value


def _names(row: dict[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadLine(f"{name} is not a list of texts")
    return tuple(value)
