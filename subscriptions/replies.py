"""What an SMTP server's replies say, and what they mean for a mail.  Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from subscriptions.outgoing import Fate, Result

GARBLED = -1  # the code of what is no reply at all
CLOSING = 421  # the server is about to hang up, whatever it was asked (RFC 5321 3.8)
LONGEST = 65_536  # octets of one reply; RFC 5321 4.5.3.1.5 allows 512 a line

LATER = {530, 534, 535, 538}  # who we are was not believed (RFC 4954)
ENHANCED = re.compile(r"(?<![\d.])5\.\d{1,3}\.\d{1,3}\b(?!\.\d)")  # RFC 3463
ENHANCED_LATER = re.compile(r"5\.4\.5|5\.7\.\d+")  # our quota is used up; policy against us
LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?\Z", re.DOTALL)


class Reply(NamedTuple):
    code: int
    text: str  # of all its lines, printable

    def __str__(self) -> str:
        return f"{self.code} {self.text}" if self.code != GARBLED else f"garbled: {self.text}"


class Replies:
    """Cuts what arrives into replies, in whatever pieces it arrives."""

    def __init__(self) -> None:
        self._rest = b""  # of a line that has not ended
        self._lines: list[str] = []  # of a reply that goes on
        self._code = GARBLED  # of those lines
        self._length = 0  # octets in `_lines`

    def feed(self, received: bytes) -> list[Reply]:
        """Return the replies that are complete now; what is none has the code `GARBLED`."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        replies = [reply for line in lines if (reply := self._add(line.rstrip(b"\r")))]
        if len(self._rest) + self._length > LONGEST:
            replies.append(self._end(GARBLED, printable(self._rest)))
            self._rest = b""
        return replies

    def _add(self, line: bytes) -> Reply | None:
        code, goes_on, text = _read(line)
        if not (goes_on or self._lines):
            return Reply(code, text)
        if code == GARBLED or (self._lines and self._code != code):
            return self._end(GARBLED, text)
        if not goes_on:
            return self._end(code, text)
        self._code = code
        self._lines.append(text)
        self._length += len(line)
        return None

    def _end(self, code: int, text: str) -> Reply:
        text = " ".join([*self._lines, text])
        self._lines, self._length = [], 0
        return Reply(code, text)


@lru_cache(1024)  # a server says the same things again and again
def _read(line: bytes) -> tuple[int, bool, str]:
    """Return the code, whether the reply goes on in another line, and the text."""
    found = LINE.match(line)
    if not found:
        return GARBLED, False, printable(line)
    code, mark, text = found.groups(b"")
    return int(code), mark == b"-", printable(text)


def printable(raw: bytes) -> str:
    """Decode what a server said; a database takes no NUL, and a log no line end."""
    text = raw[:1000].decode(errors="replace")
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def fate_of(reply: Reply) -> Fate:
    """Decide what a reply to a recipient or to a message means; only a clear no is a no.

    2xx is "yes", 4xx "not now" and 5xx "no" (RFC 5321 4.2.1), unless it speaks of us and
    not of the address.
    """
    if 200 <= reply.code < 300:
        return Fate.ACCEPTED
    if 400 <= reply.code < 500 or reply.code in LATER:
        return Fate.LATER
    if not 500 <= reply.code < 600:
        return Fate.UNKNOWN
    status = ENHANCED.search(reply.text)
    return Fate.LATER if status and ENHANCED_LATER.fullmatch(status[0]) else Fate.NEVER


def result_of(reply: Reply, *, to: str, recipient: str) -> Result:
    """Read the answer to a command that was about one mail.

    Args:
        to: the command.  An answer to MAIL is about us, so a no to it is for now only.
    """
    if 200 <= reply.code < 300:
        return Result(Fate.ACCEPTED, without_address(reply.text, recipient)[:100])
    detail = without_address(f"{to}: {reply}", recipient)[:500]
    return Result(Fate.LATER if to == "MAIL" else fate_of(reply), detail)


def without_address(said: str, recipient: str) -> str:
    """Take the reader's address out: what is stored must not know a reader erased since."""
    if recipient.lower() not in said.lower():
        return said
    return re.sub(re.escape(recipient), "[address]", said, flags=re.IGNORECASE)
