"""What readers look for and avoid: topics, words, authors."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from papers.models import Topic
from subscriptions.models.reader import Subscriber


class Interest(models.Model):
    """A reader follows a topic, or has muted it."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="interests")
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="interests")
    weight = models.FloatField(default=1)  # 0..2; 1 is normal, 0 keeps its papers out

    class Meta:
        ordering = ["topic__position"]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "topic"], name="one_interest_per_topic"),
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=2), name="interest_weight_in_range"
            ),
        ]

    def __str__(self) -> str:
        return str(self.topic)


class Phrase(models.Model):
    """Words that readers look for or avoid, or the name of an author; stored once for all."""

    class Kind(models.TextChoices):
        KEYWORD = "keyword"  # every word of it, one after the other, in title or abstract
        AUTHOR = "author"  # a whole name

    kind = models.CharField(max_length=8, choices=Kind)
    text = models.CharField(max_length=80)  # normalised: papers.text.title_key

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "text"], name="one_phrase_per_text"),
        ]

    def __str__(self) -> str:
        return self.text


class Wish(models.Model):
    """A reader looks for a phrase, or wants no paper that has it."""

    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, related_name="wishes", db_index=False
    )
    phrase = models.ForeignKey(Phrase, models.CASCADE, related_name="wishes")
    is_excluded = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "wishes"
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "phrase"], name="one_wish_per_phrase"),
        ]

    def __str__(self) -> str:
        return f"not {self.phrase}" if self.is_excluded else str(self.phrase)
