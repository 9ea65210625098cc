"""How votes grow on this site, as it was learned last."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class GrowthPoint(models.Model):
    """The share of its votes that a paper has at one age; the ages are papers.growth's."""

    hours = models.PositiveSmallIntegerField(unique=True)  # since it was listed
    share = models.FloatField()  # of the votes that it has after a week
    lists = models.PositiveSmallIntegerField()  # from how many it was learned
    learned_at = models.DateTimeField()

    class Meta:
        ordering = ["hours"]
        constraints = [
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=1), name="growth_share_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.share:.2f} at {self.hours} h"
