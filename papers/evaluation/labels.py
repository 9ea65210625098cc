"""Files of papers and of labels, read strictly: what is wrong is named with file and record."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from papers.text import readable

MOST_BYTES = 500_000_000  # unpacked
TITLE_LENGTH, ABSTRACT_LENGTH = 1_000, 20_000

Number = int | str


class BadFile(Exception):
    """A file that cannot be used; says which record of it is wrong, and how."""


@dataclass(frozen=True, slots=True)
class Text:
    """One paper of a file."""

    title: str
    abstract: str
    number: Number = ""  # which paper of its file it is, for the labels
    arxiv_id: str = ""
    day: str = ""  # "2026-03-16", if the file says when it was listed or submitted
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Labels:
    """What two readers said of one paper."""

    either: frozenset[str] = field(default_factory=frozenset)  # slugs that one or both gave
    both: frozenset[str] = field(default_factory=frozenset)


def texts(path: Path, *, is_numbered: bool = False) -> list[Text]:
    """Read papers from a JSON list or from JSON lines, which may be packed with gzip.

    Each has "title" and "abstract" or "summary"; "id", "categories" and a date are optional.

    Raises:
        BadFile: also, if `is_numbered`, for a paper whose number "n" is missing or comes twice.
    """
    found = [_text(record, place) for place, record in _records(path)]
    if is_numbered:
        _check_numbers([text.number for text in found], path)
    return found


def labels(path: Path, *, slugs: Sequence[str]) -> dict[Number, Labels]:
    """Read the labels of numbered papers: lists of slugs, "either" and "both".

    Raises:
        BadFile: also for a topic that is not among `slugs`.
    """
    rows = list(_records(path))
    numbers = [_number(record.get("n"), place) for place, record in rows]
    _check_numbers(numbers, path)
    known = frozenset(slugs)
    found = [_labels(record, place, known) for place, record in rows]
    return dict(zip(numbers, found, strict=True))


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, record in enumerate(_parse(path), start=1):
        place = f"{path}, record {number}"
        if not isinstance(record, dict):
            raise BadFile(f"{place}: it is no JSON object")
        yield place, record


def _parse(path: Path) -> Iterator[object]:
    text = _read(path)
    if text.lstrip().startswith("["):
        yield from _json(text, str(path))
        return
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        raise BadFile(f"{path} is empty")
    for number, line in enumerate(lines, start=1):
        yield _json(line, f"{path}, record {number}")


def _json(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFile(f"{place}: it is not JSON: {error}") from error


def _read(path: Path) -> str:
    try:
        with path.open("rb") as plain:
            is_packed = plain.read(2) == b"\x1f\x8b"
        with gzip.open(path) if is_packed else path.open("rb") as file:
            body = file.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise BadFile(f"{path} is larger than {MOST_BYTES:,} bytes")
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(f"{path} is not UTF-8 text: byte {error.start + 1} does not fit") from error
    except (OSError, EOFError, zlib.error) as error:
        raise BadFile(f"{path} cannot be read: {error}") from error


def _text(record: dict[str, Any], place: str) -> Text:
    title = readable(_string(record, "title", place), limit=TITLE_LENGTH)
    if not title:
        raise BadFile(f'{place}: "title" is missing or empty')
    abstract = _string(record, "abstract", place) or _string(record, "summary", place)
    dates = ("list_date", "date", "published_at", "published")
    day = next((given for name in dates if (given := _string(record, name, place))), "")
    return Text(
        title=title,
        abstract=readable(abstract, limit=ABSTRACT_LENGTH),
        number=_number(record["n"], place) if "n" in record else "",
        arxiv_id=_string(record, "id", place),
        day=day[:10],
        categories=_strings(record, "categories", place),
    )


def _labels(record: dict[str, Any], place: str, known: frozenset[str]) -> Labels:
    both = frozenset(_strings(record, "both", place))
    either = both | frozenset(_strings(record, "either", place))
    if unknown := sorted(either - known):
        raise BadFile(f'{place}: nobody knows the topic "{unknown[0]}"')
    return Labels(either=either, both=both)


def _string(record: dict[str, Any], name: str, place: str) -> str:
    value = record.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadFile(f'{place}: "{name}" is no text')
    return value


def _strings(record: dict[str, Any], name: str, place: str) -> tuple[str, ...]:
    values = record.get(name)
    if values is None:
        return ()
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadFile(f'{place}: "{name}" is no list of texts')
    return tuple(values)


def _number(value: object, place: str) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise BadFile(f'{place}: "n" is missing or is no number')
    return value


def _check_numbers(numbers: Sequence[Number], path: Path) -> None:
    seen: set[Number] = set()
    for at, number in enumerate(numbers, start=1):
        if number == "":
            raise BadFile(f'{path}, record {at}: "n" is missing or is no number')
        if number in seen:
            raise BadFile(f"{path}, record {at}: number {number} comes twice")
        seen.add(number)
