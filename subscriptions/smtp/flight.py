"""One mail on its way: what must be true before a server hears of it.  Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from subscriptions.outgoing import Fate, Outgoing, Result
from subscriptions.smtp.server import Offers

UNSAFE = re.compile(r"[\x00-\x20<>\x7f]")  # would end the address, or the command
LONGEST = 320  # octets; RFC 5321 4.5.3.1.3 says 256 for a path


class Flight:
    """A mail that was taken from the caller, until its result is known."""

    __slots__ = ("is_over", "lost_before", "mail", "recipient_taken", "wire")

    def __init__(self, mail: Outgoing) -> None:
        self.mail = mail
        self.wire = b""
        self.lost_before = 0  # connections lost under it, none of its content written
        self.recipient_taken = False  # the server said yes to RCPT
        self.is_over = False  # its result is known


def envelope(flight: Flight, offers: Offers) -> tuple[bytes, bytes] | Result:
    """Return the commands MAIL and RCPT for this server, or why it cannot have the mail.

    Nothing that comes from outside gets into a command unless it is an address.
    """
    recipient = flight.mail.recipient
    sender, size = _sender(flight.mail.sender), len(flight.wire)
    if not recipient or sender is None or (path := _path(recipient)) is None:
        return Result(Fate.NEVER, "an address that cannot be written in an envelope")
    needs_utf8 = not (sender.isascii() and path.isascii())
    if needs_utf8 and not offers.utf8:
        return Result(Fate.NEVER, "the server does not take addresses with other letters")
    if max(len(sender), len(path)) > LONGEST:
        return Result(Fate.NEVER, "an address that is too long")
    if offers.size and size > offers.size:
        return Result(Fate.NEVER, f"{size} octets; the server takes {offers.size}")
    announced = b" SIZE=%d" % size if offers.has_size else b""
    utf8 = b" SMTPUTF8" if needs_utf8 else b""
    return b"MAIL FROM:%b%b%b\r\n" % (sender, announced, utf8), b"RCPT TO:%b\r\n" % path


@lru_cache(16)
def _sender(address: str) -> bytes | None:
    """As `_path`, for the one that all mails of a run have."""
    return _path(address)


def _path(address: str) -> bytes | None:
    """Return an address as it stands in a command; None if it cannot."""
    if UNSAFE.search(address):
        return None
    try:
        return f"<{address}>".encode()
    except UnicodeEncodeError:  # a lone surrogate is no text
        return None
