"""What training found about the words of topics, one version a row."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class TopicModelQuerySet(models.QuerySet["TopicModel"]):
    def active(self) -> TopicModelQuerySet:
        """The one that papers are classified with, if there is one."""
        return self.filter(is_active=True)


class TopicModel(models.Model):
    """One version of the model.  Without an active one, the shipped model is used."""

    trained_at = models.DateTimeField()
    papers = models.PositiveIntegerField()  # that it was trained on
    corrections = models.PositiveIntegerField(default=0)  # of them, decisions of people
    measured = models.JSONField(default=dict)  # figures on the newest fifth of the papers
    weights = models.BinaryField(editable=False)  # as papers.linear packs them
    is_active = models.BooleanField(default=False)

    objects = TopicModelQuerySet.as_manager()

    class Meta:
        ordering = ["-trained_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"], condition=Q(is_active=True), name="one_active_topic_model"
            ),
        ]

    def __str__(self) -> str:
        return f"model {self.pk} of {self.trained_at:%Y-%m-%d %H:%M}, {self.papers} papers"
