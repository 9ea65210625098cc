"""Send what the ledger holds: claim, compose, attempt, send, record.  Digests and letters alike."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from anymail.message import AnymailMessage
from django.conf import settings
from django.db import DatabaseError

from subscriptions.ledger import Entry, EntryQuerySet, Swept, Uncertain
from subscriptions.transport import Fate, Result, Transport, Unreachable

logger = logging.getLogger(__name__)

BUDGET = 20.0  # seconds of work before the doorbell is passed on
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=1)


class NotToBeSent(Exception):
    """The entry must be skipped; the message says why."""


E = TypeVar("E", bound=Entry)
Compose = Callable[[E], AnymailMessage]  # raises NotToBeSent
ComposeAll = Callable[[Sequence[E]], Compose[E]]  # loads once what a whole chunk needs


def post(entries: EntryQuerySet[E], compose_all: ComposeAll[E], *, budget: float = BUDGET) -> int:
    """Send pending entries until none is left or `budget` seconds are over.

    Returns:
        The number of entries that were handed over or closed.  What was claimed and not
        begun is given back, so stopping here loses nothing.
    """
    deadline = time.monotonic() + budget
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    done = 0
    with Transport() as transport:
        while time.monotonic() < deadline:
            owner = entries.claim(limit=settings.CLAIM_SIZE, lease=lease)
            claimed = list(entries.claimed_by(owner))
            if not claimed:
                break
            posted = _post_chunk(claimed, compose_all(claimed), transport, deadline)
            done += posted
            if posted < len(claimed):  # out of time, or the mail service is away
                entries.release(owner)
                break
    return done


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


def _post_chunk(
    claimed: Sequence[E], compose: Compose[E], transport: Transport, deadline: float
) -> int:
    """Post one after the other while there is time and a mail service; return how many."""
    for done, entry in enumerate(claimed):
        if time.monotonic() >= deadline:
            return done
        try:
            transport.open()
        except Unreachable as error:
            logger.warning("the mail service is away: %s", error)
            return done
        _post_one(entry, compose, transport)
    return len(claimed)


def _post_one(entry: E, compose: Compose[E], transport: Transport) -> None:
    try:
        message = compose(entry)
    except NotToBeSent as reason:
        entry.skip(str(reason))
        return
    except DatabaseError:
        raise  # says nothing about the entry: its lease will run out, and it is tried again
    except Exception as error:
        logger.exception("%s cannot be composed", entry.public_id)
        entry.fail(f"{type(error).__name__}: {error}")
        return

    if entry.begin():  # without a durable attempt there is no call
        _record(entry, transport.send(message))


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
