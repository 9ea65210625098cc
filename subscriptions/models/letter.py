"""The outbox of transactional mail."""

from __future__ import annotations

from django.db import models

from subscriptions.ledger import Entry, EntryQuerySet
from subscriptions.models.reader import Subscriber


class LetterQuerySet(EntryQuerySet["Letter"]):
    """Letters, with the verbs of the ledger."""


class Letter(Entry):
    """One transactional mail: the outbox.  Written in the transaction that makes it due."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm"  # "is this you?"
        ALREADY = "already"  # to a confirmed reader who signed up again: "here is your page"

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=10, choices=Kind)

    objects = LetterQuerySet.as_manager()

    class Meta(Entry.Meta):
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} to {self.subscriber}"
