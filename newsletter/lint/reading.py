"""Read a mail as it goes over the wire: its header, its two parts, its page.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

from newsletter.lint.page import Page, read_page

FOLD = re.compile(r"\r?\n(?=[ \t])")


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of the message."""

    kind: str  # "text/plain"
    charset: str  # in small letters; empty if it does not say
    text: str  # bytes that its charset does not have are U+FFFD
    is_valid: bool  # False if there were such bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail taken apart.  Header fields are as sent, unfolded, not decoded."""

    raw: bytes
    fields: Sequence[tuple[str, str]]  # (name in small letters, value)
    kind: str  # "multipart/alternative"
    parts: Sequence[Part]
    text: str  # of the first text/plain; empty if there is none
    html: str
    page: Page
    flat_text: str  # `text` with single spaces
    at: datetime | None = None  # when it is looked at; None if it is an old one
    quoted: str = ""  # words of papers and people that stand in it, with single spaces

    @property
    def is_plain(self) -> bool:
        """Whether it is a text alone: some readers want no HTML."""
        return self.kind == "text/plain" and len(self.parts) == 1

    def all(self, name: str) -> list[str]:
        """Values of every header field of that name, in small letters."""
        return [value for found, value in self.fields if found == name]

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def decoded(self, name: str) -> str:
        """The first value of that name with its encoded words (RFC 2047) read."""
        value = self.first(name)
        try:
            return str(make_header(decode_header(value)))
        except (HeaderParseError, LookupError, UnicodeError):
            return value

    def addresses(self, name: str) -> list[str]:
        """The bare addresses in every field of that name."""
        return [address for _, address in getaddresses(self.all(name))]


def read(raw: bytes, *, at: datetime | None = None, quoted: str = "") -> Mail:
    """Take a mail apart; what cannot be read is left for the checks to find."""
    header, _, body = raw.partition(b"\r\n\r\n")
    message = message_from_bytes(header + b"\r\n\r\n")
    parts = list(_parts(message, body))
    text, html = _first(parts, "text/plain"), _first(parts, "text/html")
    return Mail(
        raw=raw,
        fields=[(name.lower(), FOLD.sub("", str(value))) for name, value in message.items()],
        kind=message.get_content_type(),
        parts=parts,
        text=text,
        html=html,
        page=read_page(html),
        flat_text=" ".join(text.split()),
        at=at,
        quoted=" ".join(quoted.split()),
    )


def _first(parts: Sequence[Part], kind: str) -> str:
    return next((part.text for part in parts if part.kind == kind), "")


def _parts(message: Message, body: bytes) -> Iterator[Part]:
    """The leaves of a message.  Only its header is parsed line by line, which would take longer."""
    boundary = message.get_boundary()
    if not boundary:
        yield _part(message, body)
        return
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:]:
        if piece.startswith(b"--"):
            return
        header, _, inner = piece.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
        yield from _parts(message_from_bytes(header + b"\r\n\r\n"), inner)


def _part(leaf: Message, body: bytes) -> Part:
    charset = str(leaf.get_content_charset("")).lower()
    leaf.set_payload(body.decode("ascii", "surrogateescape"))
    content = leaf.get_payload(decode=True)
    raw = content if isinstance(content, bytes) else b""
    try:
        text, is_valid = raw.decode(charset or "ascii"), True
    except (LookupError, UnicodeDecodeError):
        text, is_valid = raw.decode("utf-8", "replace"), False
    return Part(leaf.get_content_type(), charset, text.replace("\r\n", "\n"), is_valid)
