"""Papers in JSON Lines: one object a line, as papers.sources.plain names its fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from papers.sources import PaperRecord, Refused, SourceError, fields, packed, plain

MOST_NAMED = 20  # unknown fields that are reported by name


def read(path: Path, *, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
    """Read a file, which may be packed with gzip; `listed_on` is for lines that have none."""
    now = datetime.now(UTC)
    unknown: dict[str, None] = {}  # in the order in which they were met
    for number, line in enumerate(packed.lines(path), start=1):
        if not line.strip():
            continue
        place = f"{path.name}, line {number}"
        try:
            item = _item(line)
            yield plain.record(item, place=place, listed_on=listed_on, now=now)
        except fields.BadField as error:
            yield Refused(place, str(error), excerpt=fields.abstract(line[:500]))
        else:
            if len(unknown) < MOST_NAMED:
                unknown |= dict.fromkeys(name for name in item if name not in plain.NAMES)
    if unknown:
        named = ", ".join(name[:50] for name in list(unknown)[:MOST_NAMED])
        yield Refused(path.name, f"unknown fields are not read: {named}")


def fetch(*, since: date, until: date) -> Iterator[PaperRecord | Refused]:
    raise SourceError("JSON Lines are read from a file: use --file")


def _item(line: str) -> dict[str, Any]:
    if flaw := packed.flaw(line):
        raise fields.BadField(flaw)
    try:
        item = json.loads(line)
    except RecursionError as error:
        raise fields.BadField("it is nested too deeply") from error
    except ValueError as error:  # numbers of thousands of digits, too
        raise fields.BadField(f"it is not JSON: {error}") from error
    if not isinstance(item, dict):
        raise fields.BadField("it is not a JSON object")
    return item
