"""Large files, plain or packed with gzip, as lines of text; never more than one line in memory."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from papers.sources import SourceError

MOST_UNPACKED = 1_000_000_000  # bytes
LONGEST_LINE = 2_000_000  # characters; a longer one is cut just after them

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"  # a workbook is one, too
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS = bytes({*range(32)} - set(b"\t\n\v\f\r\x1b"))  # a ninth of what is no text


@contextmanager
def opened(path: Path, *, most: int = 0) -> Iterator[io.BufferedReader]:
    """Open a file for reading, unpacked if need be.

    Raises:
        SourceError: if it cannot be read, also later, when more than `most` bytes, or
            else `MOST_UNPACKED`, come out.
    """
    try:
        if path.exists() and not path.is_file():
            raise SourceError(f"{path} is not a file")
        file = path.open("rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(f"{path} cannot be read: {reason}") from error
    with file:
        inner: _Readable = gzip.GzipFile(fileobj=file) if file.peek(2)[:2] == _GZIP else file
        yield io.BufferedReader(_Limited(inner, most=most or MOST_UNPACKED, place=str(path)))


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of UTF-8 text, or of UTF-16 text that begins with its mark.

    Bytes that are not UTF-8 become lone surrogates, so that `flaw` can name their line.
    """
    with opened(path) as stream:
        encoding = _encoding(stream.peek(1_024)[:1_024], place=str(path))
        text = io.TextIOWrapper(stream, encoding, errors=_ERRORS[encoding], newline="")
        try:
            while line := text.readline(LONGEST_LINE + 1):
                yield line
                while len(line) > LONGEST_LINE and not line.endswith(("\n", "\r")):
                    line = text.readline(LONGEST_LINE + 1)
        except UnicodeDecodeError as error:
            raise SourceError(f"{path} is not UTF-16 text: it breaks off or is damaged") from error


_ERRORS = {"utf-8-sig": "surrogateescape", "utf-16": "strict"}


def flaw(text: str) -> str:
    """Say why this is no text that can be stored; "" if it is."""
    if len(text) > LONGEST_LINE:
        return f"it is longer than {LONGEST_LINE:,} characters"
    if "\0" in text:
        return "it contains NUL bytes"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        byte = ord(text[error.start]) & 0xFF
        return f"it is not UTF-8 text, because of byte 0x{byte:02X}: save the file as UTF-8"
    return ""


def _encoding(start: bytes, *, place: str) -> str:
    if not start.strip():
        raise SourceError(f"{place} is empty")
    if start.startswith(_ZIP):
        raise SourceError(f"{place} is a workbook or a ZIP archive: save it as CSV")
    if start.startswith(_UTF16):
        return "utf-16"
    if (len(start) - len(start.translate(None, _CONTROLS))) * 30 > len(start):
        raise SourceError(f"{place} is not a text file")
    return "utf-8-sig"


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Limited(io.RawIOBase):
    """Stops before memory or disk are full."""

    def __init__(self, file: _Readable, *, most: int, place: str) -> None:
        self._file, self._left, self._most, self._place = file, most, most, place

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk = self._file.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise SourceError(f"{self._place} is damaged: {error}") from error
        self._left -= len(chunk)
        if self._left < 0:
            raise SourceError(f"{self._place} holds more than {self._most:,} bytes")
        buffer[: len(chunk)] = chunk
        return len(chunk)
