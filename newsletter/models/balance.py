"""How an issue stands, counted now and then so that nobody has to count while looking."""

from __future__ import annotations

from django.db import models

from newsletter.models.issue import Issue
from subscriptions.verdicts import State


class Balance(models.Model):
    """The sums of one issue at one moment: newsletter.balances."""

    issue = models.OneToOneField(Issue, models.CASCADE, primary_key=True, related_name="balance")
    expected = models.PositiveIntegerField(default=0)  # deliveries, at that moment
    states = models.JSONField(default=dict)  # state -> deliveries; only those that there are
    skipped = models.JSONField(default=dict)  # reason -> deliveries, of the commonest
    told = models.JSONField(default=dict)  # what mail services told -> mails
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.issue} at {self.counted_at:%Y-%m-%d %H:%M}"

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def by_state(self) -> list[tuple[str, int]]:
        """States and their deliveries, in the order in which a mail goes through them."""
        return [(state, self.states[state]) for state in State if state in self.states]

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why deliveries were skipped, the commonest first."""
        return sorted(self.skipped.items(), key=lambda found: (-found[1], found[0]))

    @property
    def difference(self) -> int:
        """Expected deliveries minus those that there were; anything but 0 is a defect."""
        return self.expected - self.total
