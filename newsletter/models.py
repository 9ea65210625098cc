"""Issues and the ledger of their deliveries."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from subscriptions.ledger import MAY_ARRIVE, Entry, EntryQuerySet
from subscriptions.models import Subscriber


class Issue(models.Model):
    """One edition: the digest of one cadence for one local date.

    Readers of one issue live in many time zones, so it is opened for each when his hour
    comes; `expected_count` grows in the same transaction as the deliveries.
    """

    Cadence = Subscriber.Cadence

    cadence = models.CharField(max_length=8, choices=Cadence)
    on = models.DateField(help_text="The reader's own calendar date.")
    opened_at = models.DateTimeField()
    expected_count = models.PositiveIntegerField(default=0)

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
    def that_may_arrive(self, *, since: datetime) -> DeliveryQuerySet:
        """Deliveries whose papers count as sent to their readers."""
        return self.filter(state__in=MAY_ARRIVE, created_at__gte=since)

    def with_contents(self) -> DeliveryQuerySet:
        return self.select_related("issue", "subscriber")


class Delivery(Entry):
    """One issue to one reader, with the papers picked for him: the ledger.

    `picks` is a list of {"paper": id, "score": number, "topics": [ids]}, best first.
    """

    issue = models.ForeignKey(Issue, models.PROTECT, related_name="deliveries")
    # None once the reader was erased: the ledger must still add up.
    subscriber = models.ForeignKey(
        Subscriber, models.SET_NULL, null=True, related_name="deliveries"
    )
    picks = models.JSONField(default=list, editable=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["issue", "subscriber"], name="one_delivery_per_issue"),
        ]
        indexes = [
            models.Index(fields=["id"], name="delivery_pending", condition=Q(state="pending")),
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
        ]

    def __str__(self) -> str:
        return f"{self.issue} to {self.subscriber}"

    @property
    def paper_ids(self) -> list[int]:
        return [pick["paper"] for pick in self.picks]
