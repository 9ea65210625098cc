"""What readers agreed to, and how often somebody asked in their name."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from subscriptions.models.reader import Subscriber


class Consent(models.Model):
    """What a reader agreed to, when, from where, and in which words.  Append-only."""

    class Act(models.TextChoices):
        ASKED = "asked"
        CONFIRMED = "confirmed"
        LEFT = "left"
        COUNTED = "counted"  # agreed that his opens and clicks are counted in sum
        UNCOUNTED = "uncounted"
        RETURNED = "returned"  # took his leaving back, a moment later
        MOVED = "moved"  # confirmed another address
        DENIED = "denied"  # it was not him who asked

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="consents")
    act = models.CharField(max_length=10, choices=Act)
    at = models.DateTimeField()
    wording_id = models.CharField(max_length=40, blank=True)
    wording = models.TextField(blank=True)  # exactly what the reader was told
    wording_hash = models.CharField(  # SHA-256 of it, to see that it is what it was
        max_length=64, blank=True, default="", db_default=""
    )
    ip = models.GenericIPAddressField(null=True, blank=True)
    # What is left of `ip` when it is forgotten: "192.0.2.0/24", "2001:db8::/64".
    network = models.CharField(max_length=49, blank=True, default="", db_default="")
    page = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at"]
        indexes = [
            models.Index(  # read by whoever forgets the addresses
                fields=["at"], name="consent_with_ip", condition=Q(ip__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} at {self.at:%Y-%m-%d %H:%M}"


class SignUpCount(models.Model):
    """How often one bucket (an address, a network) asked for a mail in one span of time.

    subscriptions.limits writes these, and forgets each when it does not count any more.
    """

    bucket = models.CharField(max_length=100)
    starts_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)  # None: counted by an older version

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bucket", "starts_at"], name="one_count_per_bucket"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="count_expires"),  # read by who forgets
        ]

    def __str__(self) -> str:
        return f"{self.bucket}: {self.count}"
