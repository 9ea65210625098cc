"""One session with a server: who may speak when, and which reply belongs to which mail.

With PIPELINING (RFC 2920) the content of one mail and the envelope of the next go out in one
write, and the replies to both are read one by one.  The content of a mail is written only
after the reply to the one before was read: a session never has two mails in doubt.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from subscriptions.outgoing import Fate, Result
from subscriptions.replies import CLOSING, GARBLED, Replies, Reply, result_of, without_address
from subscriptions.smtp.flight import Flight
from subscriptions.smtp.line import Line, Lost
from subscriptions.smtp.server import Offers, Opened

GO_ON = 354  # to DATA: send the content
Step = Callable[[Flight, Reply], None]  # what to do when a command was answered


class Desk(Protocol):
    """Where sessions get mails, and report."""

    def next_flight(self, offers: Offers, *, follows: bool) -> tuple[Flight, bytes, bytes] | None:
        """A mail with its MAIL and RCPT, perhaps to follow in one write; or none for now."""

    def note_handing(self, flight: Flight) -> bool:
        """To be called before the first octet of content; no if it could not be noted."""

    def finish(self, flight: Flight, result: Result) -> None: ...

    def give_back(self, flight: Flight, reason: str) -> None:
        """The connection was lost before any content of it was written."""

    def is_well(self) -> None:
        """A session took its first mail."""

    def distrust(self) -> None:
        """The server cannot be spoken to with PIPELINING."""


class Session:
    def __init__(self, opened: Opened, *, timeout: float) -> None:
        self.line = Line(opened.socket)
        self.offers = opened.offers
        self.desk: Desk  # set by whoever has work for it
        self.deadline = 0.0  # by time.monotonic(), while it is busy
        self.idle_since = time.monotonic()
        self.was_useful = False  # a mail was accepted over it
        self._timeout = timeout
        self._replies = Replies()
        self._expected: deque[tuple[Step, Flight]] = deque()  # replies, in order
        self._coming: Flight | None = None  # its envelope was written, its content not
        self._handed: Flight | None = None  # its content was written, at least in part
        self._unspoken: deque[tuple[bytes, Step]] = deque()  # without PIPELINING
        self._needs_reset = False  # the last transaction was left open

    @property
    def is_busy(self) -> bool:
        return bool(self._expected)

    def start(self) -> None:
        """Begin with a mail if there is one; raise `Lost`."""
        if self._expected:
            return
        self.idle_since = time.monotonic()
        if opening := self._opening(follows=False):
            self._write(opening)

    def turn(self) -> None:
        """Do what can be done now that the socket is ready; raise `Lost`."""
        for reply in self._replies.feed(self.line.read()):
            self._take(reply)
        if self.line.has_unsent:
            self.deadline = time.monotonic() + self._timeout
            self.line.flush()

    def abandon(self, reason: str) -> None:
        """Close at once, and say what is known about the mails that were under way."""
        self.line.close()
        handed, coming = self._handed, self._coming
        self._handed = self._coming = None
        self._expected.clear()
        if handed:
            said = without_address(f"no answer: {reason}", handed.mail.recipient)
            self.desk.finish(handed, Result(Fate.UNKNOWN, said[:500]))
        if coming and not coming.is_over:
            self.desk.give_back(coming, reason)

    def _take(self, reply: Reply) -> None:
        if not self._expected or reply.code == GARBLED:
            raise Lost(f"the server said, unasked or unclear, {reply}")
        step, flight = self._expected.popleft()
        self.deadline = time.monotonic() + self._timeout
        if reply.code == CLOSING and step != self._on_end:
            raise Lost(str(reply))
        step(flight, reply)

    def _write(self, *parts: bytes) -> None:
        self.deadline = time.monotonic() + self._timeout
        self.line.write(*parts)

    def _expect(self, step: Step, flight: Flight) -> None:
        self._expected.append((step, flight))

    def _opening(self, *, follows: bool) -> bytes:
        """Take the next mail, if there is one, and return what is to be written of it first."""
        found = self.desk.next_flight(self.offers, follows=follows)
        if not found:
            return b""
        flight, mail, rcpt = found
        self._coming = flight
        steps = [(mail, self._on_mail), (rcpt, self._on_rcpt), (b"DATA\r\n", self._on_data)]
        if self._needs_reset:
            self._needs_reset = False
            steps.insert(0, (b"RSET\r\n", self._on_reset))
        if not self.offers.pipelining:
            self._unspoken.extend(steps[1:])
            steps = steps[:1]
        for _, step in steps:
            self._expect(step, flight)
        return b"".join([command for command, _ in steps])

    def _go_on(self, flight: Flight) -> None:
        """Without PIPELINING: speak the next command, unless the mail was refused."""
        if not self._unspoken:
            return
        if flight.is_over:
            self._unspoken.clear()
            self.start()
            return
        command, step = self._unspoken.popleft()
        self._expect(step, flight)
        self._write(command)

    def _on_reset(self, flight: Flight, reply: Reply) -> None:
        if not is_yes(reply):
            raise Lost(f"RSET: {reply}")
        self._go_on(flight)

    def _on_mail(self, flight: Flight, reply: Reply) -> None:
        if is_yes(reply):
            self._needs_reset = True
        else:
            self._refuse(flight, reply, to="MAIL")
        self._go_on(flight)

    def _on_rcpt(self, flight: Flight, reply: Reply) -> None:
        if is_yes(reply):
            flight.recipient_taken = True
        elif not flight.is_over:
            self._refuse(flight, reply, to="RCPT")
        self._go_on(flight)

    def _on_data(self, flight: Flight, reply: Reply) -> None:
        if reply.code == GO_ON:
            if flight.is_over:
                self._send_nothing(flight)
            else:
                self._hand_over(flight)
            return
        if not flight.is_over:
            self._refuse(flight, reply, to="DATA")
        self._coming = None
        self.start()

    def _refuse(self, flight: Flight, reply: Reply, *, to: str) -> None:
        result = result_of(reply, to=to, recipient=flight.mail.recipient)
        if result.fate in (Fate.ACCEPTED, Fate.UNKNOWN):
            raise Lost(f"{to}: {reply}")  # no answer to this command
        self.desk.finish(flight, result)

    def _hand_over(self, flight: Flight) -> None:
        """Write the content, and with it the envelope of the next mail."""
        self._coming, self._needs_reset = None, False
        self._expect(self._on_end, flight)
        following = self._opening(follows=True) if self.offers.pipelining else b""
        if not self.desk.note_handing(flight):
            raise Lost("it could not be noted that a mail is handed over")
        self._handed = flight
        end = b".\r\n" if flight.wire.endswith(b"\r\n") else b"\r\n.\r\n"
        self._write(flight.wire, end + following)

    def _on_end(self, flight: Flight, reply: Reply) -> None:
        result = result_of(reply, to="content", recipient=flight.mail.recipient)
        is_early = self.line.has_unsent
        if is_early and is_yes(reply):
            raise Lost(f"the server answered before the end of the content: {reply}")
        self._handed = None
        self.desk.finish(flight, result)
        if reply.code == CLOSING or is_early:
            raise Lost(str(reply))
        if result.fate is Fate.ACCEPTED and not self.was_useful:
            self.was_useful = True
            self.desk.is_well()
        self.start()

    def _send_nothing(self, flight: Flight) -> None:
        """End a mail that was refused after all; its content must not follow (RFC 2920 3.1).

        With a recipient the server would deliver an empty message.
        """
        if flight.recipient_taken:
            raise Lost("the server wants content from a sender that it refused")
        self._expect(self._on_nothing, flight)
        self._write(b".\r\n")

    def _on_nothing(self, _: Flight, reply: Reply) -> None:
        """A server that takes a message for nobody is not to be asked for it again."""
        self._coming = None
        if is_yes(reply):
            self.desk.distrust()
        self.start()


def is_yes(reply: Reply) -> bool:
    return 200 <= reply.code < 300
