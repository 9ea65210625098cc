"""Read saved lists, in all the shapes in which they are kept."""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from papers.prior import Known
from papers.sources import PaperRecord, Refused, SourceError, fields, huggingface, reading

SUFFIXES = (".jsonl", ".jsonl.gz")
MOST_LINES = 1_000_000
LONGEST_LINE = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper of one saved list."""

    listed_on: date
    arxiv_id: str
    votes: int
    comments: int
    known: Known


class Reading:
    """What files held: entries, and which records of which file could not be read."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}  # file name -> records
        self.refused: list[str] = []
        self._entries: dict[tuple[date, str], Entry] = {}

    def lists(self) -> dict[date, list[Entry]]:
        """Return date -> its papers, in the order of dates; what was read last counts."""
        found: defaultdict[date, list[Entry]] = defaultdict(list)
        for (day, _), entry in sorted(self._entries.items()):
            found[day].append(entry)
        return dict(found)

    def take(self, path: Path) -> None:
        """Read a folder of day files, a day file, or JSON lines; raise `SourceError`.

        A file of a folder that cannot be read is refused like a record.
        """
        if not path.is_dir():
            self._take_file(path)
            return
        files = sorted(file for file in path.iterdir() if _is_ours(file))
        if not files:
            raise SourceError(f"{path} holds no .json, .jsonl or .jsonl.gz file")
        for file in files:
            try:
                self._take_file(file)
            except SourceError as error:
                self.refused.append(str(error))

    def _take_file(self, path: Path) -> None:
        self.counts[path.name] = 0
        for item in _json_lines(path) if path.name.endswith(SUFFIXES) else _day_file(path):
            self.counts[path.name] += 1
            if isinstance(item, Refused):
                self.refused.append(f"{item.place}: {item.reason}")
            else:
                self._entries[item.listed_on, item.arxiv_id] = item


def _is_ours(path: Path) -> bool:
    return path.is_file() and path.name.endswith((".json", *SUFFIXES))


def _day_file(path: Path) -> Iterator[Entry | Refused]:
    for item in huggingface.read(path, listed_on=None):
        if isinstance(item, Refused):
            yield item
        elif item.listed_on:  # which a record of a saved list has
            yield _entry(item, item.listed_on)


def _entry(record: PaperRecord, listed_on: date) -> Entry:
    """Keep what was known when it was listed, and its votes."""
    [counts] = record.counts
    known = Known(
        submitter=record.submitter,
        organisation=record.organisation,
        has_code=bool(record.code_url),
        has_project_page=bool(record.project_url),
        has_video=record.has_video,
        authors=record.authors,
    )
    return Entry(listed_on, record.arxiv_id, counts.votes, counts.comments, known)


def _json_lines(path: Path) -> Iterator[Entry | Refused]:
    """Read one compact record a line: `list_date`, `id`, `upvotes`, and what is known."""
    opened = gzip.open if path.name.endswith(".gz") else open
    number = 0
    try:
        with opened(path, "rb") as file:
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                place = f"{path.name}, line {number}"
                if len(line) > LONGEST_LINE or number > MOST_LINES:
                    raise SourceError(f"{place}: there is too much of it")
                if line.strip():
                    yield _line(line, place=place)
    except (OSError, EOFError) as error:  # a bad gzip file is an OSError
        reason = getattr(error, "strerror", None) or error
        raise SourceError(f"{path} cannot be read after line {number}: {reason}") from error
    if not number:
        raise SourceError(f"{path} is empty")


def _line(line: bytes, *, place: str) -> Entry | Refused:
    try:
        return _compact(reading.parse_json(line, place=place), place=place)
    except SourceError as error:
        return Refused(place, str(error).removeprefix(f"{place} "))
    except fields.BadField as error:
        return Refused(place, str(error))


def _compact(row: Any, *, place: str) -> Entry:
    if not isinstance(row, dict):
        raise fields.BadField("it is not a JSON object")
    identifier = fields.arxiv_id(row.get("id"))
    if not identifier:
        raise fields.BadField("its id is not an arXiv id")
    if row.get("upvotes") is None:
        raise fields.BadField("it has no upvotes")
    authors = row.get("authors")
    return Entry(
        a_day(row.get("list_date"), place=place),
        identifier,
        fields.count(row["upvotes"], name="votes"),
        fields.count(row.get("num_comments"), name="comments"),
        Known(
            submitter=_name(row.get("submitter")),
            organisation=_name(row.get("organisation") or row.get("organization")),
            has_code=bool(fields.repository(row.get("github_repo"))),
            has_project_page=bool(fields.web_address(row.get("project_page"))),
            has_video=row.get("has_media") is True,
            author_count=fields.count(row.get("n_authors"), name="authors"),
            authors=fields.names(authors if isinstance(authors, list) else ()),
        ),
    )


def _name(value: Any) -> str:
    """A name, alone or in an object, as the service writes those."""
    if isinstance(value, dict):
        value = value.get("name") or value.get("_id")
    return value if isinstance(value, str) else ""


def a_day(text: Any, *, place: str) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise SourceError(f"{place}: it has no date such as 2026-03-16") from error
