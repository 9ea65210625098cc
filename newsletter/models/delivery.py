"""The ledger: one issue to one reader, with the papers picked for him."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from newsletter import history, picks
from newsletter.models.issue import Issue
from newsletter.picks import Pick
from subscriptions.ledger import Entry, EntryQuerySet
from subscriptions.models import Subscriber
from subscriptions.verdicts import State

COMPOSED_OF = (
    "public_id", "issue_id", "subscriber_id", "packed_picks", "lane", "attempts", "call_key",
)  # fmt: skip


class DeliveryQuerySet(EntryQuerySet["Delivery"]):
    def sendable(self) -> Self:
        """Pending ones of issues that are neither paused nor cancelled."""
        return self.pending().exclude(issue__in=Issue.objects.stopped())

    def claimed_by(self, owner: UUID) -> Self:
        """As for every entry; only what a mail is made of is read."""
        return super().claimed_by(owner).only(*COMPOSED_OF)

    def skip_cancelled(self) -> int:
        """Finish what waits and belongs to a cancelled issue; return how many."""
        waiting = self.filter(state__in=(State.PENDING, State.DEFERRED))
        return waiting.filter(issue__in=Issue.objects.cancelled()).update(
            state=State.SKIPPED,
            owner=None,
            lease_until=None,
            finished_at=Now(),
            error="the issue was cancelled",
        )

    def note_accepted(self, ids: Collection[int]) -> None:
        history.record(ids)

    def issues_on_the_way(self, *, but: int | None) -> list[int]:
        """Issues other than `but` of which mails may still arrive: as a rule few or none."""
        rows = self.order_by().values_list("issue_id")
        # State by state, because each has an index of its own.
        states = (rows.filter(state=state).distinct() for state in history.ON_THE_WAY)
        found = rows.none().union(*states)
        return sorted({issue for (issue,) in found} - {but})

    def with_contents(self) -> DeliveryQuerySet:
        return self.select_related("issue", "subscriber")


class Delivery(Entry):
    """One issue to one reader, with the papers picked for him: the ledger."""

    # The database does not check these two: that took half of the time of an opening.  Whoever
    # writes holds both rows, whoever erases a reader locks him first, and I8 looks for orphans.
    issue = models.ForeignKey(  # the constraint below has an index
        Issue, models.PROTECT, related_name="deliveries", db_index=False, db_constraint=False
    )
    # None once the reader was erased: the ledger must still add up.
    subscriber = models.ForeignKey(
        Subscriber, models.SET_NULL, null=True, related_name="deliveries", db_constraint=False
    )
    lane = models.CharField(max_length=12, default="other", editable=False)  # subscriptions.lanes
    packed_picks = models.BinaryField(default=b"", editable=False)  # newsletter.picks

    objects = DeliveryQuerySet.as_manager()

    class Meta(Entry.Meta):
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["issue", "subscriber"], name="one_delivery_per_issue"),
        ]
        indexes = [
            *Entry.Meta.indexes,
            models.Index(  # read by every opening: their papers count as sent
                fields=["issue"], name="delivery_parked", condition=Q(state="parked")
            ),
            models.Index(  # read by events of services that do not return our id
                fields=["provider_id"], name="delivery_provider", condition=~Q(provider_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issue} to {self.subscriber}"

    @property
    def picks(self) -> list[Pick]:
        """The papers picked for the reader, best first."""
        return picks.unpack(self.packed_picks)

    @picks.setter
    def picks(self, chosen: Sequence[Pick]) -> None:
        self.packed_picks = picks.pack(chosen)

    @property
    def paper_ids(self) -> list[int]:
        return [pick.paper_id for pick in self.picks]
