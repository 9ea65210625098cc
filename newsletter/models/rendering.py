"""What was rendered once for all readers of an issue."""

from __future__ import annotations

import uuid

from django.db import models

from newsletter.models.issue import Issue
from papers.models import Paper


class Frozen(models.Model):
    """What was rendered once for all readers of an issue, so that no edit can change it.

    Both parts hold marks where something of a reader is filled in: subscriptions.encode.
    """

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="+", db_index=False)
    language = models.CharField(max_length=10)
    layout = models.CharField(max_length=10)
    html = models.TextField()
    text = models.TextField()
    frozen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Shell(Frozen):
    """What surrounds the papers of an issue."""

    # Names this rendering and the cards that go with it in the memory of a process.
    rendering = models.UUIDField(default=uuid.uuid4, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "language", "layout"], name="one_shell_per_issue"
            ),
        ]

    def __str__(self) -> str:
        return f"the shell of {self.issue}"


class Card(Frozen):
    """One paper as an issue shows it, whatever became of the paper since."""

    # Not bound to its row: a paper that is deleted stays in the mails of an issue under way.
    paper = models.ForeignKey(
        Paper, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    title = models.TextField()
    opening = models.TextField()  # what it says first, for whoever reads only a line of it
    trend = models.FloatField()  # 0..1, when it was rendered
    topics = models.JSONField()  # [[topic id, name, the sign of it in the paper], ...]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "paper", "language", "layout"], name="one_card_per_issue"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} in {self.issue}"
