"""Saved and fetched bytes, turned into text or JSON with every limit checked."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from papers.sources import SourceError

MOST_BYTES = 10_000_000
DEEPEST = 100  # lists and objects inside each other; a list of papers needs seven


def read_bytes(path: Path) -> bytes:
    """Return the content of a file; raise `SourceError` if there is none to be had."""
    try:
        if path.exists() and not path.is_file():
            raise SourceError(f"{path} is not a file")
        with path.open("rb") as file:
            body = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(f"{path} cannot be read: {reason}") from error
    if len(body) > MOST_BYTES:
        raise SourceError(f"{path} is larger than {MOST_BYTES:,} bytes")
    return body


def decode(body: bytes, *, place: str) -> str:
    """Return UTF-8 text, or UTF-16 text that begins with its mark; lines end in \\n."""
    encoding = "utf-16" if body[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        # Incremental, so that a file cut off inside a character is good up to there.
        text = codecs.getincrementaldecoder(encoding)().decode(body)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"{place} is not {encoding.removesuffix('-sig').upper()} text: "
            f"byte {error.start + 1}, in line {line}, does not fit"
        ) from error
    if not text.strip():
        raise SourceError(f"{place} is empty")
    if "\0" in text:
        raise SourceError(f"{place} is not a text file: it contains NUL bytes")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_json(body: bytes, *, place: str) -> Any:
    """Return the value of a JSON text, which may still have any shape, but is not deep."""
    text = decode(body, place=place)
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise SourceError(f"{place} is nested too deeply") from error
    except ValueError as error:  # numbers of thousands of digits, too
        if text.lstrip().startswith("<"):
            raise SourceError(f"{place} is a web page or XML, not JSON") from error
        raise SourceError(f"{place} is not JSON: {error}") from error
    if not is_shallow(value):
        raise SourceError(f"{place} is nested too deeply")
    return value


def is_shallow(value: Any) -> bool:
    """Whether lists and objects lie at most `DEEPEST` deep, so that nobody falls over them."""
    level = [value]
    for _ in range(DEEPEST + 1):
        inner = [item for item in level if isinstance(item, (list, dict, tuple, set))]
        if not inner:
            return True
        level = [each for item in inner for each in _inside(item)]
    return False


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value
