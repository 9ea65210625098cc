"""The attention that a paper got, as one source saw it at one moment."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import models

from papers.models.paper import Paper


class ObservationQuerySet(models.QuerySet["Observation"]):
    def by_source(self) -> dict[str, list[tuple[datetime, int]]]:
        """Votes with their moments, in order of time, for each source."""
        found: defaultdict[str, list[tuple[datetime, int]]] = defaultdict(list)
        for source, seen_at, votes in self.order_by("seen_at").values_list(
            "source", "seen_at", "votes"
        ):
            found[source].append((seen_at, votes))
        return dict(found)


class Observation(models.Model):
    """What one source said of one paper on one list.  Never changed, never deleted.

    It holds until the next observation of the same list: counts that are as before are not
    stored again.  When a source was asked at all is in `Ingestion`.
    """

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="observations")
    source = models.CharField(max_length=30)  # "sample" marks made-up counts
    seen_at = models.DateTimeField()
    listed_on = models.DateField()
    votes = models.PositiveIntegerField(default=0)
    comments = models.PositiveIntegerField(default=0)
    stars = models.PositiveIntegerField(default=0)

    objects = ObservationQuerySet.as_manager()

    class Meta:
        ordering = ["seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "source", "listed_on", "seen_at"],
                name="one_observation_per_list_and_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.votes} votes at {self.seen_at:%Y-%m-%d %H:%M}"
