"""The ledger that every mail goes through: claimed, attempted, and its result recorded.

    pending -claim-> claimed -begin-> attempting -+-> accepted
       ^               |                  |       +-> deferred (next_at) -> pending
       |  lease over   |                  |       +-> rejected | failed | skipped
       +---------------+   not handed over|       +-> uncertain -> accepted | parked | pending
       +----------------------------------+

Rows are the truth and Celery is a doorbell: docs/decisions/0003-rows-are-the-truth.md.
Entries move in chunks that belong to one claim (their `owner`), and every move is one
conditional UPDATE. Leases run on the database's clock, so a second worker, a late worker and
a worker with a wrong clock change nothing that is not theirs.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import ClassVar, Self, TypeVar

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from subscriptions import claims, sweeping, verdict_rows
from subscriptions.among import among
from subscriptions.claims import Lanes
from subscriptions.ids import new_id
from subscriptions.journal import Notes
from subscriptions.sweeping import Doubt, Swept
from subscriptions.verdicts import IN_DOUBT, UNFINISHED, WAITING, State, Verdict, calls_in_doubt

# A mail that may have arrived, or still may: its papers count as sent.
MAY_ARRIVE = (*UNFINISHED, State.ACCEPTED, State.PARKED)

# Nobody knows of it, or nobody knows of the first and it has not been sent again yet.
DOUBTFUL = Q(state__in=IN_DOUBT) | (
    Q(state__in=WAITING) & (Q(resends__gt=0) | Q(call_key__isnull=False))
)

Entry_co = TypeVar("Entry_co", bound="Entry", covariant=True)


class EntryQuerySet(models.QuerySet[Entry_co]):
    def pending(self) -> Self:
        return self.filter(state=State.PENDING)

    def sendable(self) -> Self:
        """What may be claimed now."""
        return self.pending()

    def claim(
        self,
        *,
        limit: int,
        lease: timedelta,
        lanes: Lanes | None = None,
        keeps_keys: timedelta | None = None,
    ) -> uuid.UUID:
        """Take up to `limit` sendable entries, oldest first; find them by the returned owner.

        Args:
            lanes: how many of each lane at most; None means any.
            keeps_keys: for how long the service knows a repeated call.  Then what is left of
                one call comes first: all of it, in a claim of its own.
        """
        owner = uuid.uuid4()
        with transaction.atomic():
            ids = (
                claims.choose_call(self.sendable(), self._rows(), keeps_keys) if keeps_keys else []
            )
            ids = ids or claims.choose(
                self.sendable().order_by(*self.model.claim_order), limit, lanes
            )
            self._rows().filter(among("pk", ids), state=State.PENDING).update(
                state=State.CLAIMED,
                owner=owner,
                claims=F("claims") + 1,
                lease_until=Now() + lease,
            )
        return owner

    def claimed_by(self, owner: uuid.UUID) -> Self:
        return self.filter(owner=owner, state=State.CLAIMED).order_by("pk")

    def begin(self, owner: uuid.UUID, ids: Collection[int]) -> set[int]:
        """Record an attempt before the call; return those that are still ours to send.

        They were composed, so they are innocent of whatever kills workers later.
        """
        ours = self._rows().filter(among("pk", ids), owner=owner)
        begun = ours.filter(state=State.CLAIMED, lease_until__gt=Now()).update(
            state=State.ATTEMPTING, claims=0, attempts=F("attempts") + 1, attempted_at=Now()
        )
        if begun == len(ids):
            return set(ids)
        return set(ours.filter(state=State.ATTEMPTING).values_list("pk", flat=True))

    def close_claimed(self, owner: uuid.UUID, verdicts: Mapping[int, Verdict]) -> None:
        """Skip or fail entries of this claim that are not even to be attempted."""
        by_verdict: dict[Verdict, list[int]] = {}
        for pk, verdict in verdicts.items():
            by_verdict.setdefault(verdict, []).append(pk)
        for verdict, ids in by_verdict.items():
            self._rows().filter(among("pk", ids), owner=owner, state=State.CLAIMED).update(
                state=verdict.state, error=verdict.said[:500], finished_at=Now()
            )

    def record(self, owner: uuid.UUID, verdicts: Mapping[int, Verdict]) -> set[int]:
        """Write down what became of entries of this claim; return those that were still ours.

        An acceptance is known for sure, so it also settles an entry in doubt.
        """
        with transaction.atomic():
            moved = verdict_rows.write(self.model._meta.db_table, owner, verdicts)  # noqa: SLF001
            accepted = [pk for pk in moved if verdicts[pk].state == State.ACCEPTED]
            if accepted:
                self.note_accepted(accepted)
        return moved

    def note_calls(self, owner: uuid.UUID, keys: Mapping[int, uuid.UUID | None]) -> None:
        """Note of entries of this claim after which call they are in doubt; None: after none.

        To be called before `record`, so that nobody sees one in doubt without its call.
        """
        by_key: dict[uuid.UUID | None, list[int]] = defaultdict(list)
        for pk, key in keys.items():
            by_key[key].append(pk)
        ours = self._rows().filter(owner=owner, state__in=(State.ATTEMPTING, State.UNCERTAIN))
        for key, ids in by_key.items():
            ours.filter(among("pk", ids)).update(call_key=key)

    def note_accepted(self, ids: Collection[int]) -> None:
        """What else is to be written, in the same transaction, when these were accepted."""

    def release(self, owner: uuid.UUID) -> int:
        """Give back what was claimed and not begun, as if it had never been claimed."""
        return (
            self.claimed_by(owner)
            .order_by()
            .update(state=State.PENDING, owner=None, lease_until=None, claims=F("claims") - 1)
        )

    def abandon(self, owner: uuid.UUID) -> int:
        """Give back what was claimed and not begun, counted as if the worker had died."""
        return self.claimed_by(owner).order_by().update(lease_until=Now() - timedelta(seconds=1))

    def take_over(self, owner: uuid.UUID, notes: Notes, doubt: Doubt) -> set[int]:
        """Settle the claim of a process that died, by the notes it left; return what moved.

        Lines that are there are true. If the machine crashed, lines may be missing, so what
        they do not mention is left to its lease, and then in doubt.
        """
        ours = self._rows().filter(owner=owner)
        if not notes.is_complete:
            said = {pk: notes.verdict(pk, wait=doubt.wait) for pk in notes.answered}
            return self.record(owner, said)
        claimed = set(ours.filter(state=State.CLAIMED).values_list("pk", flat=True))
        self.abandon(owner)
        begun = ours.filter(state__in=(State.ATTEMPTING, State.UNCERTAIN))
        said = {pk: notes.verdict(pk, wait=doubt.wait) for pk in begun.values_list("pk", flat=True)}
        if notes.keys:
            self.note_calls(owner, calls_in_doubt(said, notes.keys))
        return claimed | self.record(owner, said)

    def is_over(self, owner: uuid.UUID) -> bool:
        """Whether the lease of this claim ran out while it still had something to do."""
        busy = (State.CLAIMED, State.ATTEMPTING, State.UNCERTAIN)
        return self.filter(owner=owner, state__in=busy, lease_until__lt=Now()).exists()

    def sweep(self, doubt: Doubt) -> Swept:
        """Move on whatever time has run out for.  Safe to run many times at once."""
        return sweeping.sweep(self, doubt)

    def settle(self, said: str = "a person said that it arrived") -> int:
        """It is known that these in doubt arrived."""
        with transaction.atomic():
            chosen = self.filter(DOUBTFUL).order_by().values("pk")
            doubtful = self._rows().filter(DOUBTFUL, pk__in=chosen)
            doubtful = doubtful.select_for_update().order_by("pk")
            ids = list(doubtful.values_list("pk", flat=True))
            self._rows().filter(among("pk", ids)).update(
                state=State.ACCEPTED, finished_at=Now(), error=said[:500]
            )
            self.note_accepted(ids)
        return len(ids)

    def send_again(self) -> int:
        """A person knows that these did not arrive, so they start anew."""
        return self.filter(state__in=(*IN_DOUBT, State.REJECTED, State.FAILED)).update(
            state=State.PENDING,
            owner=None,
            lease_until=None,
            claims=0,
            attempts=0,
            resends=0,
            call_key=None,
            finished_at=None,
            error="",
        )

    def counts(self) -> dict[str, int]:
        """How many entries are in each state; states without entries are left out."""
        rows = self.order_by().values_list("state").annotate(n=models.Count("pk"))
        return dict(rows)

    def _rows(self) -> models.QuerySet[Entry]:
        """All rows of the model, not only those of this query."""
        return self.model._default_manager.all()  # noqa: SLF001  # Django documents it


class Entry(models.Model):
    """One mail to one reader, from intent to result."""

    claim_order: ClassVar[tuple[str, ...]] = ("pk",)

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
    # The key of the call after which it is in doubt; what is left of a call goes together.
    call_key = models.UUIDField(null=True, editable=False)
    provider_id = models.CharField(max_length=255, blank=True)  # or what the server answered
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True
        indexes: ClassVar[list[models.Index]] = [
            models.Index(  # read by every claim
                fields=["id"], name="%(class)s_pending", condition=Q(state="pending")
            ),
            models.Index(  # read by the sweep
                fields=["lease_until"],
                name="%(class)s_leased",
                condition=Q(state__in=["claimed", "attempting"]),
            ),
            models.Index(  # read by the sweep
                fields=["next_at"],
                name="%(class)s_waiting",
                condition=Q(state__in=["deferred", "uncertain"]),
            ),
            models.Index(  # read where a service knows repeated calls
                fields=["call_key"], name="%(class)s_call", condition=Q(call_key__isnull=False)
            ),
        ]
