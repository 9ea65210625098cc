"""Papers in a table: CSV with a row of column names, as spreadsheets write it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path

from papers.sources import PaperRecord, Refused, SourceError, fields, packed, plain

DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class _Row:
    number: int  # as a spreadsheet counts, with the names as row 1
    line: int  # where it begins in the file
    cells: list[str]
    flaw: str = ""


def read(path: Path, *, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
    """Read a file, which may be packed with gzip; `listed_on` is for rows that have none.

    Columns are told by their names, in any order.
    """
    now = datetime.now(UTC)
    rows = _rows(packed.lines(path), place=str(path))
    head = next(rows, None)
    names = _names(head.cells if head else [], place=str(path))
    if unknown := [name for name in names if name not in plain.NAMES]:
        told = ", ".join(repr(name[:50]) for name in unknown[:20])
        yield Refused(f"{path.name}, row 1", f"unknown columns are not read: {told}")
    for row in rows:
        place = f"{path.name}, row {row.number} (line {row.line})"
        try:
            values = _values(row, names)
            yield plain.record(values, place=place, listed_on=listed_on, now=now)
        except fields.BadField as error:
            yield Refused(place, str(error), excerpt=fields.abstract(" | ".join(row.cells)[:500]))


def fetch(*, since: date, until: date) -> Iterator[PaperRecord | Refused]:
    raise SourceError("a table is read from a file: use --file")


def delimiter_of(line: str) -> str:
    """Return what separates the columns of a first row: what finds most of the known names."""

    def known(delimiter: str) -> int:
        names = (_name(cell) for cell in line.split(delimiter))
        return sum(name in plain.NAMES for name in names)

    return max(DELIMITERS, key=known)


def has_title(line: str) -> bool:
    """Say whether this is the first row of a table of papers."""
    return "title" in [_name(cell) for cell in line.split(delimiter_of(line))]


def _rows(lines: Iterator[str], *, place: str) -> Iterator[_Row]:
    """Yield the rows that are not blank; one that is torn has a flaw and costs no other."""
    skipped, first = 0, next(lines, "")
    delimiter = delimiter_of(first)
    if first.lower().startswith("sep="):  # Excel's own way to say it
        skipped, delimiter = 1, first[4:5]
        first = next(lines, "")
    if delimiter not in DELIMITERS:
        raise SourceError(f"{place} separates its columns by {delimiter!r}: use a comma")
    reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number, line = number + 1, reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _Row(number, line, [], flaw=f"its quotes or its length are wrong: {error}")
            continue
        if any(cell.strip() for cell in cells):
            yield _Row(number, line, cells)


def _names(cells: Sequence[str], *, place: str) -> list[str]:
    names = [_name(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if "title" not in names:
        raise SourceError(f'{place} has no column named "title" in its first row')
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise SourceError(f"{place} has two columns named {twice!r}")
    return names


def _name(cell: str) -> str:
    return "_".join(cell.strip().strip('"').lower().replace("-", " ").replace("_", " ").split())


def _values(row: _Row, names: Sequence[str]) -> dict[str, object]:
    if row.flaw:
        raise fields.BadField(row.flaw)
    if flaw := packed.flaw("".join(row.cells)):
        raise fields.BadField(flaw)
    surplus: Iterable[str] = row.cells[len(names) :]
    if len(row.cells) < len(names) or any(cell.strip() for cell in surplus):
        raise fields.BadField(f"it has {len(row.cells)} cells under {len(names)} names")
    return dict(zip(names, row.cells, strict=False))
