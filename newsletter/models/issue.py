"""An edition: one cadence, one date; what was found in it, and that it does harm."""

from __future__ import annotations

import re
from datetime import date

from django.db import models, transaction

from subscriptions.models import Subscriber

SLUG_DAY = re.compile(r"[0-9]{8}")


class IssueQuerySet(models.QuerySet["Issue"]):
    def stopped(self) -> IssueQuerySet:
        """Issues of which nothing may be sent now."""
        return self.exclude(state=Issue.State.OPEN)

    def halted(self) -> IssueQuerySet:
        """Issues that somebody or something stopped."""
        return self.filter(state__in=[Issue.State.PAUSED, Issue.State.CANCELLED])

    def cancelled(self) -> IssueQuerySet:
        return self.filter(state=Issue.State.CANCELLED)

    def published(self) -> IssueQuerySet:
        """Issues that anybody may see: mails of them went out."""
        return self.filter(state__in=[Issue.State.OPEN, Issue.State.PAUSED])

    def by_slug(self, slug: str) -> IssueQuerySet:
        """The issue of that slug ("daily-20260317"), or none."""
        kind, _, day = slug.partition("-")
        if not SLUG_DAY.fullmatch(day):
            return self.none()
        try:
            return self.filter(cadence=kind, on=date.fromisoformat(day))
        except ValueError:
            return self.none()


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

    def pause(self, reason: str) -> bool:
        """Send no more of it until `resume`; what is being handed over is finished."""
        return self._move((self.State.CHECKING, self.State.OPEN), self.State.PAUSED, reason)

    def resume(self) -> bool:
        """A person decided that it goes on, whatever had stopped it."""
        return self._move((self.State.PAUSED,), self.State.OPEN, "")

    def check_again(self) -> bool:
        """A person put right what had stopped it: it goes on if its mails are good now."""
        return self._move((self.State.PAUSED,), self.State.CHECKING, "")

    def cancel(self, reason: str = "") -> bool:
        """Send no more of it, ever.

        What is claimed or being handed over at this moment comes back by itself, and is
        skipped by the next sweep if it was not sent.
        """
        living = (self.State.CHECKING, self.State.OPEN, self.State.PAUSED)
        with transaction.atomic():
            is_cancelled = self._move(living, self.State.CANCELLED, reason)
            self.deliveries.all().skip_cancelled()
        return is_cancelled

    def _move(self, before: tuple[State, ...], state: State, reason: str) -> bool:
        """Change the state if it is one of `before`; who came second changes nothing."""
        rows = Issue.objects.filter(pk=self.pk, state__in=before)
        is_moved = rows.update(state=state, reason=reason[:200]) == 1
        self.refresh_from_db(fields=["state", "reason"])
        return is_moved


class Inspection(models.Model):
    """What was found when a sample of an issue's mails was looked at, for the operator."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="inspections")
    at = models.DateTimeField()
    mails = models.PositiveIntegerField()  # that were looked at
    expected = models.PositiveIntegerField(default=0)  # how many the issue had by then
    # [{"number": 16, "is_hard": true, "message": "...", "mails": 3}], hard ones first
    findings = models.JSONField(default=list)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.mails} mails, {len(self.findings)} findings"


class Alarm(models.Model):
    """That an issue does harm, said once: who then lets it go on is not asked again."""

    class Kind(models.TextChoices):
        WARNED = "warned"
        PAUSED = "paused"

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="alarms", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue", "kind"], name="one_alarm_per_issue"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"
