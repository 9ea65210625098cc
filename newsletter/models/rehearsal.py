"""Dry runs of issues: how far they came, and what they found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from newsletter.models.issue import Issue


class Rehearsal(models.Model):
    """One dry run of an issue that need not exist: newsletter.rehearsal.  It names no reader."""

    cadence = models.CharField(max_length=8, choices=Issue.Cadence)
    on = models.DateField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)  # readers gone through
    total = models.PositiveIntegerField(default=0)  # readers, when it began
    result = models.JSONField(default=dict)  # newsletter.rehearsal.running.run; empty until then
    error = models.CharField(max_length=200, blank=True)  # the kind of what stopped it

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_cadence_display()}, {self.on:%d %B %Y}"

    def advance(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        self.save(update_fields=["done", "total"])

    def finish(
        self, *, at: datetime, result: dict[str, Any] | None = None, error: str = ""
    ) -> None:
        self.finished_at, self.result, self.error = at, result or {}, error[:200]
        self.save(update_fields=["finished_at", "result", "error"])
