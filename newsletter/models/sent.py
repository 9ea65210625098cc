"""Which papers a reader was sent."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from newsletter import history
from papers.models import Paper
from subscriptions.models import Subscriber


class SentQuerySet(models.QuerySet["Sent"]):
    def forget(self, *, before: datetime) -> int:
        """Delete blocks of papers that all came to us before that moment; return how many."""
        newest = Paper.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        recent = Paper.objects.filter(first_seen_at__gte=before)
        kept = {pk // history.BLOCK for pk in recent.values_list("pk", flat=True).iterator()}
        old = set(range(newest // history.BLOCK)) - kept
        return self.filter(block__in=old).delete()[0] if old else 0


class Sent(models.Model):
    """Papers of one block of ids that a reader was sent: two bytes each (newsletter.history)."""

    pk = models.CompositePrimaryKey("subscriber_id", "block")
    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="+", db_index=False)
    block = models.IntegerField()
    papers = models.BinaryField()

    objects = SentQuerySet.as_manager()

    def __str__(self) -> str:
        return f"block {self.block} of {self.subscriber_id}"
