"""One mail on its way: what must be true before a server hears of it.  Pure."""

from __future__ import annotations

import re

from subscriptions.outgoing import Fate, Outgoing, Result
from subscriptions.smtp.server import Offers

UNSAFE = re.compile(r"[\x00-\x20<>\x7f]")  # would end the address, or the command
# The content would end there, and the rest be read as commands; some servers take a bare LF.
LONE_DOT = re.compile(rb"\n\.[\r\n]")
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
    sender, recipient = flight.mail.sender, flight.mail.recipient
    if not recipient or UNSAFE.search(recipient) or UNSAFE.search(sender):
        return Result(Fate.NEVER, "an address that cannot be written in an envelope")
    needs_utf8 = not (sender.isascii() and recipient.isascii())
    if needs_utf8 and not offers.utf8:
        return Result(Fate.NEVER, "the server does not take addresses with other letters")
    parameters = _parameters(flight.wire, offers) + (" SMTPUTF8" if needs_utf8 else "")
    try:
        mail = f"MAIL FROM:<{sender}>{parameters}\r\n".encode()
        rcpt = f"RCPT TO:<{recipient}>\r\n".encode()
    except UnicodeEncodeError:
        return Result(Fate.NEVER, "an address that is no text")
    if max(len(mail), len(rcpt)) > LONGEST + len(parameters) + len("MAIL FROM:<>\r\n"):
        return Result(Fate.NEVER, "an address that is too long")
    return unfit(flight.wire, offers) or (mail, rcpt)


def unfit(wire: bytes, offers: Offers) -> Result | None:
    """Return why this server cannot have the content, if so."""
    if offers.size and len(wire) > offers.size:
        return Result(Fate.NEVER, f"{len(wire)} octets; the server takes {offers.size}")
    if LONE_DOT.search(wire) or wire.startswith(b".\r\n"):
        return Result(Fate.NEVER, "a line of one dot, not stuffed")
    return None


def _parameters(wire: bytes, offers: Offers) -> str:
    size = f" SIZE={len(wire)}" if offers.has_size else ""
    return size if wire.isascii() or not offers.eight_bit else f"{size} BODY=8BITMIME"
