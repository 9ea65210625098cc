"""Send what the ledger holds: claim, compose, attempt, send, record.  Digests and letters alike."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from anymail.message import AnymailMessage
from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError

from subscriptions.ledger import Entry, EntryQuerySet, Swept, Uncertain
from subscriptions.transport import Fate, Result, Transport, Unreachable

logger = logging.getLogger(__name__)

BUDGET = 20.0  # seconds of work before the doorbell is passed on
REFUSALS_AT_MOST = 10  # so many in a row are about us, whatever the service says
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=1)


class NotToBeSent(Exception):
    """The entry must be skipped; the message says why."""


class RefusesAll(Exception):
    """The mail service says no to everything, so going on would spoil the rest, too."""


E = TypeVar("E", bound=Entry)
Compose = Callable[[E], AnymailMessage]  # raises NotToBeSent
ComposeAll = Callable[[Sequence[E]], Compose[E]]  # loads once what a whole chunk needs


@dataclass(slots=True)
class Run:
    """One call of `post`: its connection, its end, and what came of it so far."""

    transport: Transport
    deadline: float  # on the monotonic clock
    done: int = 0
    refusals: int = 0  # see `count_refusals`

    def has_time(self) -> bool:
        return time.monotonic() < self.deadline


def post(
    entries: EntryQuerySet[E],
    compose_all: ComposeAll[E],
    *,
    budget: float = BUDGET,
    wake: Callable[[], object] = lambda: None,
) -> int:
    """Send pending entries until none is left or `budget` seconds are over.

    Args:
        wake: called when another worker can help: after the first chunk, and when the time
            is over.  Not by who could send nothing, or they would wake one another for ever.

    Returns:
        The number of entries that were handed over or closed.  What was claimed and not
        begun is given back, so stopping here loses nothing.
    """
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    with Transport() as transport:
        run = Run(transport, time.monotonic() + budget)
        chunks = 0
        while run.has_time():
            if chunks == 1:
                wake()
            owner = entries.claim(limit=settings.CLAIM_SIZE, lease=lease)
            if not _post_claimed(entries, owner, compose_all, run):
                return run.done
            chunks += 1
    if run.done:
        wake()
    return run.done


def sweep(entries: EntryQuerySet[Entry]) -> Swept:
    """Move on whatever time has run out for, by the site's policy."""
    wait = timedelta(seconds=settings.UNCERTAIN_WAIT_SECONDS)
    return entries.sweep(wait=wait, policy=Uncertain(settings.UNCERTAIN))


def delay(attempts: int, *, chance: float) -> timedelta:
    """How long to wait after the `attempts`-th "not now".

    30 s, doubled each time up to an hour, of which `chance` (0..1) spreads the upper half so
    that a thousand deferred mails do not come back at once.
    """
    full: timedelta = min(FIRST_DELAY * 2 ** min(attempts - 1, 10), LONGEST_DELAY)
    return full / 2 + full / 2 * chance


def count_refusals(before: int, fate: Fate | None) -> int:
    """How many mails were refused for good since the last one that was accepted."""
    match fate:
        case Fate.NEVER:
            return before + 1
        case Fate.ACCEPTED:
            return 0
        case _:  # says nothing of whether the service takes our mail
            return before


def _post_claimed(
    entries: EntryQuerySet[E], owner: UUID, compose_all: ComposeAll[E], run: Run
) -> bool:
    """Post what `owner` claimed; False if there was nothing, or no more can be sent now."""
    claimed = list(entries.claimed_by(owner))
    if not claimed:
        return False
    try:
        _post_chunk(claimed, compose_all(claimed), run)
    except Unreachable as error:
        logger.warning("the mail service is away: %s", error)
    except RefusesAll as error:
        logger.error("stopped sending for now: %s", error)  # noqa: TRY400  # no stack to show
    except BaseException:
        entries.abandon(owner)
        raise
    else:
        if not run.has_time():
            entries.release(owner)
        return True
    entries.release(owner)
    return False


def _post_chunk(claimed: Sequence[E], compose: Compose[E], run: Run) -> None:
    """Post one after the other while there is time; raise `Unreachable` or `RefusesAll`."""
    for entry in claimed:
        if not run.has_time():
            return
        run.transport.open()
        fate = _post_one(entry, compose, run.transport)
        run.done += 1
        run.refusals = count_refusals(run.refusals, fate)
        if run.refusals >= REFUSALS_AT_MOST:
            raise RefusesAll(f"{run.refusals} mails in a row were refused for good")


def _post_one(entry: E, compose: Compose[E], transport: Transport) -> Fate | None:
    """Send one; None if it was not handed over."""
    try:
        message = compose(entry)
    except NotToBeSent as reason:
        entry.skip(str(reason))
        return None
    except (DatabaseError, SoftTimeLimitExceeded):
        raise  # says nothing about the entry: it is abandoned, and tried again
    except Exception as error:
        logger.exception("%s cannot be composed", entry.public_id)
        entry.fail(f"{type(error).__name__}: {error}")
        return None

    if not entry.begin():  # without a durable attempt there is no call
        return None
    result = transport.send(message)
    _record(entry, result)
    return result.fate


def _record(entry: Entry, result: Result) -> None:
    match result.fate:
        case Fate.ACCEPTED:
            entry.accept(result.detail)
        case Fate.LATER if entry.attempts < settings.MAX_ATTEMPTS:
            chance = random.random()  # noqa: S311  # spreads load, guards nothing
            entry.defer(result.detail, delay=delay(entry.attempts, chance=chance))
        case Fate.LATER:
            entry.fail(f"gave up after {entry.attempts} attempts: {result.detail}")
        case Fate.NEVER:
            entry.reject(result.detail)
        case _:  # Fate.UNKNOWN
            wait = timedelta(seconds=settings.UNCERTAIN_WAIT_SECONDS)
            entry.doubt(result.detail, wait=wait)
