"""What readers say of papers, and what that says in sum."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Length

from papers import likeness
from papers.models import Paper
from subscriptions.models.reader import Subscriber


class Feedback(models.Model):
    """A reader wants more papers like this one, or fewer."""

    class Kind(models.TextChoices):
        MORE = "more"
        LESS = "less"

    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, related_name="feedback", db_index=False
    )
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="feedback")
    kind = models.CharField(max_length=4, choices=Kind)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "paper"], name="one_feedback_per_paper"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} like {self.paper}"


class Vote(models.Model):
    """A reader's own vote for a paper: one source of trend among the others."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="votes", db_index=False)
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="reader_votes")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "paper"], name="one_vote_per_paper"),
        ]

    def __str__(self) -> str:
        return f"a vote for {self.paper}"


class TasteQuerySet(models.QuerySet["Taste"]):
    def outdated(self) -> TasteQuerySet:
        """Tastes that papers.likeness does not read any more."""
        first, next_ = (bytes([likeness.VERSION + step]) for step in (0, 1))
        sized = self.annotate(size=Length("vector"))
        return sized.exclude(size=likeness.SIZE, vector__gte=first, vector__lt=next_)


class Taste(models.Model):
    """What a reader's feedback says in sum, as papers.likeness writes it."""

    subscriber = models.OneToOneField(
        Subscriber, models.CASCADE, primary_key=True, related_name="taste"
    )
    vector = models.BinaryField()  # how much a paper is like those that he wants more of
    # The same for those that he wants fewer of; None if there are none.
    aversion = models.BinaryField(null=True)

    objects = TasteQuerySet.as_manager()

    def __str__(self) -> str:
        return f"the taste of {self.subscriber}"
