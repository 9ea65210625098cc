"""The entries of one claim on their way: composed, attempted, handed over, recorded."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError

from subscriptions import clock, gates
from subscriptions.among import among
from subscriptions.composing import ComposeAll, E, NotNow, NotToBeSent
from subscriptions.journal import Journal
from subscriptions.ledger import Entry, EntryQuerySet
from subscriptions.outgoing import (
    Fate,
    LeaseOver,
    Outgoing,
    Repeating,
    Result,
    Transport,
    Unreachable,
)
from subscriptions.verdicts import NO_ANSWER, UNTOUCHED, State, Verdict, calls_in_doubt, verdict

logger = logging.getLogger(__name__)

REFUSALS_AT_MOST = 10  # so many in a row are about us, whatever the service says
LOOK_AGAIN = 1.0  # seconds after which readers and issues of a chunk are read again
ASK_AGAIN = 0.2  # seconds after which it is asked again whether the service wants silence


@dataclass(slots=True)
class Run:
    """One call of `post`: its way out, its end, and what came of it so far."""

    transport: Transport
    deadline: float  # on `clock.seconds`
    is_paced: bool = False
    done: int = 0
    refusals: int = 0  # in a row, since the last mail that was accepted

    def may_go_on(self) -> bool:
        return clock.seconds() < self.deadline and self.refusals < REFUSALS_AT_MOST

    def count(self, fate: Fate) -> None:
        self.done += fate is not Fate.UNTOUCHED
        if fate is Fate.NEVER:
            self.refusals += 1
        elif fate is Fate.ACCEPTED:
            self.refusals = 0


@dataclass(slots=True)
class Chunk(Generic[E]):
    """The entries of one claim on their way."""

    entries: EntryQuerySet[E]
    compose_all: ComposeAll[E]
    run: Run
    owner: UUID
    notes: Journal
    ends: float  # when the lease is nearly over
    call_key: UUID | None = None  # of the call that is to be repeated
    asked_at: float = -math.inf
    is_silenced: bool = False
    begun: dict[int, E] = field(default_factory=dict)
    mails: dict[int, Outgoing] = field(default_factory=dict)
    verdicts: dict[int, Verdict] = field(default_factory=dict)

    def post(self, claimed: Sequence[E]) -> bool:
        """Return whether more can be sent now."""
        self.call_key = claimed[0].call_key
        self._compose(claimed)
        if self.call_key and UNTOUCHED in self.verdicts.values():  # all of a call, or nothing
            self.verdicts.update(dict.fromkeys(self.mails, UNTOUCHED))
            self.mails.clear()
        closed = self._close_claimed(claimed)
        if self._must_be_silent():
            self.entries.release(self.owner)
            self.notes.remove()
            return False
        ids = self.entries.begin(self.owner, self.mails)
        self.begun = {entry.pk: entry for entry in claimed if entry.pk in ids}
        for entry in self.begun.values():
            entry.attempts += 1
        try:
            is_reachable = self._hand_over()
        finally:
            self._record()
        self.run.done += closed
        has_worked = bool(self.begun or closed)
        return is_reachable and has_worked and self.run.refusals < REFUSALS_AT_MOST

    def may_go_on(self) -> bool:
        in_time = self.run.may_go_on() and clock.seconds() < self.ends
        return in_time and not self._must_be_silent()

    def _must_be_silent(self) -> bool:
        """Whether the service asked for silence; another worker may have heard it meanwhile."""
        if self.run.is_paced and clock.seconds() - self.asked_at > ASK_AGAIN:
            self.is_silenced = gates.is_closed()
            self.asked_at = clock.seconds()
        return self.is_silenced

    def _compose(self, entries: Sequence[E]) -> None:
        """Write the mails of `entries`; whichever is not to be sent gets a verdict instead."""
        compose = self.compose_all(entries)
        for entry in entries:
            self.mails.pop(entry.pk, None)
            try:
                self.mails[entry.pk] = compose(entry)
            except NotToBeSent as reason:
                self.verdicts[entry.pk] = Verdict(State.SKIPPED, str(reason), is_counted=False)
            except NotNow:
                self.verdicts[entry.pk] = UNTOUCHED
            except (DatabaseError, SoftTimeLimitExceeded):
                raise  # says nothing about the entry: it is abandoned, and tried again
            except Exception as error:
                logger.exception("%s cannot be composed", entry.public_id)
                said = f"{type(error).__name__}: {error}"
                self.verdicts[entry.pk] = Verdict(State.FAILED, said)

    def _close_claimed(self, claimed: Sequence[E]) -> int:
        """Close what is not to be sent at all; return how many."""
        closing = {pk: found for pk, found in self.verdicts.items() if found is not UNTOUCHED}
        self.entries.close_claimed(self.owner, closing)
        waiting = [entry.pk for entry in claimed if self.verdicts.get(entry.pk) is UNTOUCHED]
        if waiting:
            self.entries.filter(among("pk", waiting)).release(self.owner)
        self.verdicts.clear()
        return len(closing)

    def _hand_over(self) -> bool:
        """Give the mails to the transport; False if it could not be reached."""
        try:
            for _, result in self._send():
                self.run.count(result.fate)
        except Unreachable as error:
            logger.warning("the mail service is away: %s", error)
            gates.unreachable()
            return False
        except LeaseOver:
            logger.warning("slept over the lease of %s mails: others send them", len(self.begun))
        return True

    def _send(self) -> Iterator[tuple[int, Result]]:
        transport, may_go_on = self.run.transport, self.may_go_on
        if self.call_key is None:
            return transport.send(self._outgoing(), self.notes, may_go_on=may_go_on)
        is_whole = 0 < len(self.mails) == len(self.begun)
        if not is_whole or not isinstance(transport, Repeating):
            return iter(())
        mails = iter(self.mails.values())
        return transport.again(mails, self.notes, key=self.call_key, may_go_on=may_go_on)

    def _outgoing(self) -> Iterator[Outgoing]:
        """Yield the mails; who left and what was paused meanwhile is taken out on the way."""
        looked_at = clock.seconds()
        waiting = list(self.begun)
        for place, pk in enumerate(waiting):
            if clock.seconds() - looked_at > LOOK_AGAIN:
                self._compose([self.begun[rest] for rest in waiting[place:]])
                looked_at = clock.seconds()
            if mail := self.mails.pop(pk, None):
                yield mail

    def _record(self) -> None:
        """Write down what became of everything that was begun; the journal knows."""
        answers = self.notes.results
        doubt, most = timedelta(seconds=settings.UNCERTAIN_WAIT_SECONDS), settings.MAX_ATTEMPTS
        for pk, entry in self.begun.items():
            if pk in answers:
                self.verdicts[pk] = verdict(
                    answers[pk],
                    attempts=entry.attempts,
                    most=most,
                    doubt=doubt,
                    chance=random.random(),  # noqa: S311  # spreads load, guards nothing
                )
            elif pk in self.notes.handed:
                self.verdicts[pk] = Verdict(State.UNCERTAIN, NO_ANSWER, doubt)
            else:
                self.verdicts.setdefault(pk, UNTOUCHED)
        if self.notes.keys or self.call_key:
            self.entries.note_calls(self.owner, self._calls_that_changed())
        self.entries.record(self.owner, self.verdicts)
        self.notes.remove()
        lanes = ((entry_lane(self.begun[pk]), result) for pk, result in answers.items())
        gates.learn(lanes, failures=self.notes.failures)

    def _calls_that_changed(self) -> dict[int, UUID | None]:
        calls = calls_in_doubt(self.verdicts, self.notes.keys)
        return {pk: key for pk, key in calls.items() if key != self.begun[pk].call_key}


def entry_lane(entry: Entry) -> str:
    """Return the group of receiving servers; letters have none, and count together."""
    return getattr(entry, "lane", "letters")
