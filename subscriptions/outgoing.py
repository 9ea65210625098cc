"""What a transport is given, and what it says of each mail afterwards.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable
from uuid import UUID

from anymail.message import AnymailMessage


class Fate(Enum):
    ACCEPTED = "accepted"  # the service said yes
    LATER = "later"  # the service said not now
    NEVER = "never"  # the service said no
    UNKNOWN = "unknown"  # the service may have taken it
    UNTOUCHED = "untouched"  # it was not handed over at all


@dataclass(frozen=True, slots=True)
class Result:
    fate: Fate
    detail: str = ""  # the service's id of an accepted message, else what it said
    retry_after: float | None = None  # seconds, if the service named a time


class Outgoing(Protocol):
    """One mail, in whichever form a transport wants it; written when it is asked for."""

    entry_id: int  # its row in the ledger
    recipient: str  # one address
    sender: str  # the envelope's

    def wire(self) -> bytes:
        """The message for SMTP: ASCII, CRLF line ends, and no line begins with a dot.

        So nothing in it can end it early, and nothing has to be stuffed (RFC 5321 4.5.2).
        """
        ...

    def message(self) -> AnymailMessage:
        """The message for Anymail."""
        ...


class Journal(Protocol):
    """Where a transport notes what it does, at once, so that a killed process can be read.

    If a note cannot be made, nothing of it is handed over.
    """

    def handing(self, entry_ids: Iterable[int], *, key: UUID | None = None) -> None:
        """To be called before the service can take these, once for all of one call.

        Args:
            key: of the call, if the service knows by it that a call is a repetition.

        Raises:
            OSError: it cannot be noted.
            LeaseOver: the process slept, and another may send these by now.
        """
        ...

    def answered(self, results: Iterable[tuple[int, Result]]) -> None:
        """To be called as soon as the service's answer about these was read."""
        ...


class LeaseOver(Exception):
    """What was claimed belongs to somebody else by now, so nothing of it may be handed over."""


class Unreachable(Exception):
    """The mail service could not be spoken to at all; nothing was handed over."""


class Transport(Protocol):
    """A way out.  Opened once for many mails, and closed."""

    name: str  # as the operator knows it: "smtp", "postmark"

    def send(
        self, mails: Iterator[Outgoing], journal: Journal, *, may_go_on: Callable[[], bool]
    ) -> Iterator[tuple[int, Result]]:
        """Hand over `mails`, and yield (entry id, result) for each that was taken from it.

        Mails are taken from the iterator only when they can be handed over, and no more
        once `may_go_on()` is false; what is in flight then is waited for.  Results come in
        any order, one for every mail taken.  A result is noted in the journal before it is
        yielded; `Fate.UNTOUCHED` needs no note.

        Raises:
            Unreachable: no connection could be made.  Mails taken and not yielded count as
                untouched unless the journal was told that they are handed over.
        """
        ...

    def close(self) -> None: ...


@runtime_checkable
class Repeating(Transport, Protocol):
    """A way out that can repeat a call of which the answer was never read."""

    def again(
        self,
        mails: Iterator[Outgoing],
        journal: Journal,
        *,
        key: UUID,
        may_go_on: Callable[[], bool],
    ) -> Iterator[tuple[int, Result]]:
        """Hand over in one call, under its key, all that is left of an earlier call.

        The service knows by the key whether it took the first one.  An answer that leaves
        this open is `Fate.UNKNOWN`, also one that says "not now".  Otherwise as `send`.
        """
        ...
