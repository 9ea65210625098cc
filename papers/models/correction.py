"""What people say that a paper is about, and what it is not."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now

from papers.models.paper import Paper
from papers.models.topic import Topic


class Correction(models.Model):
    """One decision of a person, which classifying obeys and training learns from first."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="corrections")
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="corrections")
    is_about = models.BooleanField(help_text="Off: the paper never gets this topic.")
    made_at = models.DateTimeField(default=now)
    by = models.CharField(max_length=150, blank=True)  # who decided, as the admin names them

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "topic"], name="one_correction_per_topic"),
        ]

    def __str__(self) -> str:
        return f"{'about' if self.is_about else 'not about'} {self.topic}"
