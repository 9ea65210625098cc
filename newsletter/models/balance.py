"""How an issue stands, counted now and then so that nobody has to count while looking."""

from __future__ import annotations

from django.db import models

from newsletter.models.issue import Issue


class Balance(models.Model):
    """The sums of one issue at one moment: newsletter.balances."""

    issue = models.OneToOneField(Issue, models.CASCADE, primary_key=True, related_name="balance")
    expected = models.PositiveIntegerField(default=0)  # deliveries, at that moment
    states = models.JSONField(default=dict)  # state -> deliveries; only those that there are
    skipped = models.JSONField(default=dict)  # reason -> deliveries, the commonest first
    told = models.JSONField(default=dict)  # what mail services told -> mails
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.issue} at {self.counted_at:%Y-%m-%d %H:%M}"

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def difference(self) -> int:
        """Expected deliveries minus those that there were; anything but 0 is a defect."""
        return self.expected - self.total
