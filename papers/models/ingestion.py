"""Readings of sources, and the records that were refused."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now


class Ingestion(models.Model):
    """One reading of one source: what came of it, for the operator."""

    source = models.CharField(max_length=30)
    place = models.CharField(max_length=500, blank=True)  # file or address
    started_at = models.DateTimeField(default=now, db_index=True)
    finished_at = models.DateTimeField(null=True)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    newest_list = models.DateField(null=True)  # of the records; null if they have no list date
    # Answers that were the same as the last time, so that nothing was read from them.
    unchanged_pages = models.PositiveIntegerField(default=0, db_default=0)
    error = models.CharField(max_length=500, blank=True)  # why it stopped early, if it did
    # Where the next reading of this source goes on; empty if it came to its end.
    bookmark = models.TextField(blank=True, default="", db_default="", editable=False)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.source} at {self.started_at:%Y-%m-%d %H:%M}"


class Refusal(models.Model):
    """A record that could not be stored, kept for an operator to look at."""

    ingestion = models.ForeignKey(Ingestion, models.CASCADE, related_name="refusals")
    place = models.CharField(max_length=500)  # "2025-01-10.json, record 3"
    reason = models.CharField(max_length=500)
    excerpt = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"
