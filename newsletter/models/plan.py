"""What editors want of an issue to come: a word before the papers, and which of them go first."""

from __future__ import annotations

from datetime import date, datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q

from newsletter.models.issue import Issue
from papers.models import Paper

LONGEST_INTRODUCTION = 2000  # characters


class PlanQuerySet(models.QuerySet["Plan"]):
    def counting(self, cadence: str, on: date) -> PlanQuerySet:
        """The plan of that slot, or none; one that was made after its issue counts for nothing.

        Or later readers of an issue would get another one than the first had.
        """
        begun = Issue.objects.filter(cadence=OuterRef("cadence"), on=OuterRef("on"))
        plans = self.filter(cadence=cadence, on=on)
        return plans.filter(Q(frozen_at__isnull=False) | ~Exists(begun))

    def freeze(self, cadence: str, on: date, *, at: datetime) -> int:
        """Let the plan of that slot stay as it is; return how many plans that is, 0 or 1.

        Waits for an editor who is saving it, and makes those wait who come later.
        """
        return self.filter(cadence=cadence, on=on, frozen_at=None).update(frozen_at=at)


class Plan(models.Model):
    """Of one issue, made before it; frozen by the transaction that makes the issue."""

    cadence = models.CharField(max_length=8, choices=Issue.Cadence)
    on = models.DateField("date", help_text="The readers' own calendar date.")
    introduction = models.TextField(
        max_length=LONGEST_INTRODUCTION,
        blank=True,
        help_text="Plain text above the papers; an empty line begins a paragraph.",
    )
    frozen_at = models.DateTimeField(null=True, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "cadence"]
        constraints = [
            models.UniqueConstraint(fields=["cadence", "on"], name="one_plan_per_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.get_cadence_display()}, {self.on:%d %B %Y}"


class Placement(models.Model):
    """What a plan says of one paper."""

    class Act(models.TextChoices):
        BOOST = "boost"  # as if nothing trended more
        BURY = "bury"  # as if it did not trend at all
        EXCLUDE = "exclude"

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="placements", db_index=False)
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="+")
    act = models.CharField(max_length=7, choices=Act)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "paper"], name="one_placement_per_paper"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.paper}"
