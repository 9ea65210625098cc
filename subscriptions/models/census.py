"""How many readers there were, day by day."""

from __future__ import annotations

from django.db import models


class Census(models.Model):
    """Readers by state on one day (UTC), as last counted on it: subscriptions.census."""

    day = models.DateField(primary_key=True)
    confirmed = models.PositiveIntegerField(default=0)
    pending = models.PositiveIntegerField(default=0)
    unsubscribed = models.PositiveIntegerField(default=0)
    suppressed = models.PositiveIntegerField(default=0)
    bounced = models.PositiveIntegerField(default=0)
    due = models.PositiveIntegerField(default=0)  # confirmed ones who get a digest within a day

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.confirmed} readers on {self.day}"
