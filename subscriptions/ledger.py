"""The ledger that every mail goes through: claimed, attempted, and its result recorded.

    pending -claim-> claimed -begin-> attempting -+-> accepted
       ^               |                          +-> deferred (next_at) -> pending
       |  lease over   |                          +-> rejected | failed
       +---------------+              lease over  +-> uncertain -> parked | pending

Rows are the truth and Celery is a doorbell: docs/decisions/0003-rows-are-the-truth.md.
Every step is one conditional UPDATE, and leases run on the database's clock, so a second
worker, a late worker and a worker with a wrong clock change nothing that is not theirs.
"""

from __future__ import annotations

import secrets
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Self, TypeVar

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

CLAIMS_BEFORE_ALONE = 2  # an entry that lost two workers is claimed alone from then on
CLAIMS_AT_MOST = 6  # and given up after six: composing it kills workers


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
# A mail that may have arrived, or still may: its papers count as sent.
MAY_ARRIVE = (*UNFINISHED, State.ACCEPTED, State.PARKED)


def new_id() -> uuid.UUID:
    """Return a UUID of version 7 (RFC 9562): rows of one moment lie together in an index."""
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | secrets.randbits(80)
    return uuid.UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


class Uncertain(Enum):
    """What to do with a mail whose answer was never seen, once the wait is over."""

    PARK = "park"  # list it for a person: at most once
    RESEND = "resend"  # send it once more: at least once, at most twice


@dataclass(frozen=True, slots=True)
class Swept:
    """How many entries one sweep moved."""

    released: int
    given_up: int
    uncertain: int
    parked: int
    resent: int
    due: int


Entry_co = TypeVar("Entry_co", bound="Entry", covariant=True)


class EntryQuerySet(models.QuerySet[Entry_co]):
    def pending(self) -> Self:
        return self.filter(state=State.PENDING)

    def claim(self, *, limit: int, lease: timedelta) -> uuid.UUID:
        """Take up to `limit` pending entries, oldest first; find them by the returned owner."""
        owner = uuid.uuid4()
        with transaction.atomic():
            waiting = self.pending().select_for_update(skip_locked=True)
            fresh = waiting.filter(claims__lt=CLAIMS_BEFORE_ALONE).order_by("pk")
            suspects = waiting.order_by("claims", "pk")
            ids = list(fresh.values_list("pk", flat=True)[:limit]) or list(
                suspects.values_list("pk", flat=True)[:1]
            )
            self.model._default_manager.filter(  # noqa: SLF001  # Django documents it
                pk__in=ids, state=State.PENDING
            ).update(
                state=State.CLAIMED,
                owner=owner,
                claims=F("claims") + 1,
                lease_until=Now() + lease,
            )
        return owner

    def claimed_by(self, owner: uuid.UUID) -> Self:
        return self.filter(owner=owner, state=State.CLAIMED).order_by("pk")

    def release(self, owner: uuid.UUID) -> int:
        """Give back what was claimed and not begun, as if it had never been claimed."""
        return (
            self.claimed_by(owner)
            .order_by()
            .update(state=State.PENDING, owner=None, lease_until=None, claims=F("claims") - 1)
        )

    def abandon(self, owner: uuid.UUID) -> int:
        """Let the lease of what was claimed and not begun end now.

        The claim still counts, as if the worker had died: the next sweep takes these up.
        """
        over = Now() - timedelta(seconds=1)
        return self.claimed_by(owner).order_by().update(lease_until=over)

    def sweep(self, *, wait: timedelta, policy: Uncertain) -> Swept:
        """Move on whatever time has run out for.  Safe to run many times at once."""
        over = Q(lease_until__lt=Now())
        lost = self.filter(over, state=State.CLAIMED)
        given_up = lost.filter(claims__gte=CLAIMS_AT_MOST).update(
            state=State.FAILED, finished_at=Now(), error="gave up: composing it failed too often"
        )
        released = lost.update(state=State.PENDING, owner=None, lease_until=None)
        uncertain = self.filter(over, state=State.ATTEMPTING).update(
            state=State.UNCERTAIN, next_at=Now() + wait, error="the worker died while sending"
        )
        waited = self.filter(state=State.UNCERTAIN, next_at__lt=Now())
        resent = 0
        if policy is Uncertain.RESEND:
            resent = waited.filter(resends=0).update(
                state=State.PENDING, owner=None, lease_until=None, resends=1
            )
        parked = waited.update(state=State.PARKED)
        due = self.filter(state=State.DEFERRED, next_at__lt=Now()).update(
            state=State.PENDING, owner=None, lease_until=None
        )
        return Swept(released, given_up, uncertain, parked, resent, due)

    def settle(self, said: str = "a person said that it arrived") -> int:
        """Somebody knows that these in doubt arrived."""
        return self.filter(state__in=IN_DOUBT).update(
            state=State.ACCEPTED, finished_at=Now(), error=said
        )

    def send_again(self) -> int:
        """A person knows that these did not arrive, so they start anew."""
        return self.filter(state__in=(*IN_DOUBT, State.REJECTED, State.FAILED)).update(
            state=State.PENDING,
            owner=None,
            lease_until=None,
            claims=0,
            attempts=0,
            resends=0,
            finished_at=None,
            error="",
        )

    def counts(self) -> dict[str, int]:
        """How many entries are in each state; states without entries are left out."""
        rows = self.order_by().values_list("state").annotate(n=models.Count("pk"))
        return dict(rows)


class Entry(models.Model):
    """One mail to one reader, from intent to result."""

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(auto_now_add=True)
    owner = models.UUIDField(null=True, editable=False)  # the claim that it belongs to
    lease_until = models.DateTimeField(null=True, editable=False)
    claims = models.PositiveSmallIntegerField(default=0, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    resends = models.PositiveSmallIntegerField(default=0)
    attempted_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)  # when a deferred or uncertain one moves on
    finished_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=255, blank=True)  # or what the server answered
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True

    def begin(self) -> bool:
        """Record the attempt before the call; False if the entry is no longer ours to send."""
        begun = self._move(
            (State.CLAIMED,),
            state=State.ATTEMPTING,
            claims=0,  # it was composed, so it is innocent of whatever kills workers later
            attempts=F("attempts") + 1,
            attempted_at=Now(),
            still=Q(lease_until__gt=Now()),
        )
        self.attempts += begun
        return begun

    def accept(self, provider_id: str) -> bool:
        """The mail service took it.  Known for sure, so it also settles an uncertain one."""
        return self._move(
            (State.ATTEMPTING, State.UNCERTAIN),
            state=State.ACCEPTED,
            provider_id=provider_id[:255],
            finished_at=Now(),
            error="",
        )

    def defer(self, error: str, *, delay: timedelta) -> bool:
        """The mail service did not take it now; try again after `delay`."""
        return self._move(
            (State.ATTEMPTING,), state=State.DEFERRED, next_at=Now() + delay, error=error[:500]
        )

    def doubt(self, error: str, *, wait: timedelta) -> bool:
        """Nobody knows whether the mail service took it."""
        return self._move(
            (State.ATTEMPTING,), state=State.UNCERTAIN, next_at=Now() + wait, error=error[:500]
        )

    def reject(self, error: str) -> bool:
        """The mail service will never take it."""
        return self._close((State.ATTEMPTING,), State.REJECTED, error)

    def fail(self, error: str) -> bool:
        """We give it up."""
        return self._close((State.CLAIMED, State.ATTEMPTING), State.FAILED, error)

    def skip(self, reason: str) -> bool:
        """It is not to be sent after all."""
        return self._close((State.CLAIMED, State.PENDING), State.SKIPPED, reason)

    def _close(self, before: tuple[State, ...], state: State, error: str) -> bool:
        return self._move(before, state=state, error=error[:500], finished_at=Now())

    def _move(
        self, before: tuple[State, ...], *, still: Q | None = None, **changes: object
    ) -> bool:
        """Change the row only if it is still ours and in one of the states `before`."""
        rows = type(self)._default_manager.filter(  # noqa: SLF001
            still or Q(), pk=self.pk, owner=self.owner, state__in=before
        )
        if rows.update(**changes) != 1:
            return False
        self.state = str(changes["state"])
        return True
