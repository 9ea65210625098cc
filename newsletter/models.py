"""Issues, the ledger of their deliveries, and which papers a reader has had."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Self

from django.db import models
from django.db.models import Q

from newsletter import picks
from newsletter.picks import Pick
from papers.models import Paper
from subscriptions.ledger import MAY_ARRIVE, Entry, EntryQuerySet
from subscriptions.models import Subscriber

# States of mails whose papers count as sent, though `Sent` does not have them yet.
ON_THE_WAY = [state for state in MAY_ARRIVE if state != "accepted"]


class IssueQuerySet(models.QuerySet["Issue"]):
    def stopped(self) -> IssueQuerySet:
        """Issues of which nothing may be sent now."""
        return self.exclude(state=Issue.State.OPEN)

    def published(self) -> IssueQuerySet:
        """Issues that anybody may see: mails of them went out."""
        return self.filter(state__in=[Issue.State.OPEN, Issue.State.PAUSED])


class Issue(models.Model):
    """One edition: the digest of one cadence for one local date.

    Readers of one issue live in many time zones, so it is opened for each when his hour
    comes; `expected_count` grows in the same transaction as the deliveries.
    """

    Cadence = Subscriber.Cadence

    class State(models.TextChoices):
        CHECKING = "checking"  # nothing goes out before its mails were looked at
        OPEN = "open"
        PAUSED = "paused"  # by a person, by a check that failed, or by its error budget
        CANCELLED = "cancelled"

    cadence = models.CharField(max_length=8, choices=Cadence)
    on = models.DateField(help_text="The reader's own calendar date.")
    opened_at = models.DateTimeField()
    expected_count = models.PositiveIntegerField(default=0)
    # Readers whose slot nobody was awake for until it was too late.
    missed_count = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=9, choices=State, default=State.CHECKING)
    reason = models.CharField(max_length=200, blank=True)  # why it is not open
    introduction = models.TextField(blank=True, help_text="Plain text above the papers.")

    objects = IssueQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "cadence"]
        constraints = [
            models.UniqueConstraint(fields=["cadence", "on"], name="one_issue_per_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.get_cadence_display()}, {self.on:%d %B %Y}"

    @property
    def slug(self) -> str:
        return f"{self.cadence}-{self.on:%Y%m%d}"

    def imbalance(self) -> int:
        """Expected deliveries minus those that the ledger holds; anything but 0 is a defect."""
        return self.expected_count - self.deliveries.count()


class DeliveryQuerySet(EntryQuerySet["Delivery"]):
    def sendable(self) -> Self:
        """Pending ones of issues that are neither paused nor cancelled."""
        return self.pending().exclude(issue__in=Issue.objects.stopped())

    def on_the_way(self) -> DeliveryQuerySet:
        """Deliveries that may still arrive, and whose papers `Sent` does not have yet."""
        return self.filter(state__in=ON_THE_WAY)

    def with_contents(self) -> DeliveryQuerySet:
        return self.select_related("issue", "subscriber")


class Delivery(Entry):
    """One issue to one reader, with the papers picked for him: the ledger."""

    issue = models.ForeignKey(
        Issue, models.PROTECT, related_name="deliveries", db_index=False
    )  # the constraint has an index
    # None once the reader was erased: the ledger must still add up.
    subscriber = models.ForeignKey(
        Subscriber, models.SET_NULL, null=True, related_name="deliveries"
    )
    lane = models.CharField(max_length=12, default="other", editable=False)  # subscriptions.lanes
    packed_picks = models.BinaryField(default=b"", editable=False)  # newsletter.picks

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["issue", "subscriber"], name="one_delivery_per_issue"),
        ]
        indexes = [
            models.Index(  # read by every claim
                fields=["id"], name="delivery_pending", condition=Q(state="pending")
            ),
            models.Index(  # read by the sweep
                fields=["lease_until"],
                name="delivery_leased",
                condition=Q(state__in=["claimed", "attempting"]),
            ),
            models.Index(  # read by the sweep
                fields=["next_at"],
                name="delivery_waiting",
                condition=Q(state__in=["deferred", "uncertain"]),
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


class Sent(models.Model):
    """Papers of one block of ids that a reader was sent: two bytes each (newsletter.history)."""

    pk = models.CompositePrimaryKey("subscriber_id", "block")
    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="+", db_index=False)
    block = models.IntegerField()
    papers = models.BinaryField()

    def __str__(self) -> str:
        return f"block {self.block} of {self.subscriber_id}"


class Frozen(models.Model):
    """What was rendered once for all readers of an issue, so that no edit can change it.

    Both parts hold marks where something of a reader is filled in: subscriptions.encode.
    """

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="+", db_index=False)
    language = models.CharField(max_length=10)
    layout = models.CharField(max_length=10)
    html = models.TextField()
    text = models.TextField()
    frozen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Shell(Frozen):
    """What surrounds the papers of an issue."""

    # Names this rendering and the cards that go with it in the memory of a process.
    rendering = models.UUIDField(default=uuid.uuid4, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "language", "layout"], name="one_shell_per_issue"
            ),
        ]

    def __str__(self) -> str:
        return f"the shell of {self.issue}"


class Card(Frozen):
    """One paper as an issue shows it, whatever became of the paper since."""

    # Not bound to its row: a paper that is deleted stays in the mails of an issue under way.
    paper = models.ForeignKey(
        Paper, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    title = models.TextField()
    opening = models.TextField()  # what it says first, for whoever reads only a line of it
    trend = models.FloatField()  # 0..1, when it was rendered
    topics = models.JSONField()  # [[topic id, name, the sign of it in the paper], ...]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "paper", "language", "layout"], name="one_card_per_issue"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} in {self.issue}"
