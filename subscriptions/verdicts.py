"""What is to be written about a mail after the transport spoke of it.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import models

from subscriptions.outgoing import Fate, Result


class State(models.TextChoices):
    PENDING = "pending"
    CLAIMED = "claimed"
    ATTEMPTING = "attempting"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    UNCERTAIN = "uncertain"  # handed over, answer never seen
    PARKED = "parked"  # uncertain, and now a person decides
    REJECTED = "rejected"  # the mail service said no for good
    FAILED = "failed"  # given up by us
    SKIPPED = "skipped"  # not to be sent: no papers, or the reader left


UNFINISHED = (State.PENDING, State.CLAIMED, State.ATTEMPTING, State.DEFERRED, State.UNCERTAIN)
IN_DOUBT = (State.UNCERTAIN, State.PARKED)
# To be sent once more while the first one is in doubt: of some, another column says so.
WAITING = (State.PENDING, State.CLAIMED, State.DEFERRED)
MAY_BE_IN_DOUBT = (*IN_DOUBT, *WAITING)

FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=1)
NO_ANSWER = "handed over, and no answer was read"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The next state of an entry that is being attempted."""

    state: State
    said: str = ""  # what the service said; of an accepted one its id
    wait: timedelta | None = None  # until a deferred or uncertain one moves on
    is_counted: bool = True  # False: it was never handed over, so it was no attempt


UNTOUCHED = Verdict(State.PENDING, is_counted=False)


def verdict(
    result: Result, *, attempts: int, most: int, doubt: timedelta, chance: float
) -> Verdict:
    """Decide what an answer means for the entry.

    Args:
        attempts: how many there were, this one included; >= 1.
        most: give up after so many "not now".
        doubt: how long an entry in doubt waits for news.
        chance: 0..1, spreads the entries that wait.
    """
    match result.fate:
        case Fate.ACCEPTED:
            return Verdict(State.ACCEPTED, result.detail)
        case Fate.LATER if attempts < most:
            wait = delay(attempts, chance=chance, retry_after=result.retry_after)
            return Verdict(State.DEFERRED, result.detail, wait)
        case Fate.LATER:
            return Verdict(State.FAILED, f"gave up after {attempts} attempts: {result.detail}")
        case Fate.NEVER:
            return Verdict(State.REJECTED, result.detail)
        case Fate.UNTOUCHED:
            return UNTOUCHED
        case _:  # Fate.UNKNOWN
            return Verdict(State.UNCERTAIN, result.detail or NO_ANSWER, doubt)


def calls_in_doubt(
    verdicts: Mapping[int, Verdict], keys: Mapping[int, UUID]
) -> dict[int, UUID | None]:
    """Return the call after which each entry is in doubt, for all that were handed over.

    Args:
        keys: of the call in which each was handed over last.
    """
    return {
        pk: keys.get(pk) if verdict.state == State.UNCERTAIN else None
        for pk, verdict in verdicts.items()
        if verdict is not UNTOUCHED
    }


def delay(attempts: int, *, chance: float, retry_after: float | None = None) -> timedelta:
    """How long to wait after the `attempts`-th "not now".

    30 s, doubled each time up to an hour, of which `chance` (0..1) spreads the upper half so
    that a thousand deferred mails do not come back at once; never less than the seconds that
    the service asked for, up to an hour.
    """
    full: timedelta = min(FIRST_DELAY * 2 ** min(attempts - 1, 10), LONGEST_DELAY)
    ours = full / 2 + full / 2 * chance
    asked = min(timedelta(seconds=max(retry_after or 0, 0)), LONGEST_DELAY)
    return max(ours, asked)
