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
        ADDRESS = "address"  # "where shall we write to instead?"
        NEW_ADDRESS = "newaddress"  # to the new address: "is this you?"
        MOVED = "moved"  # to both: "we write to the new address from now on"
        EXPORT = "export"  # "here is what we know of you"
        ERASE = "erase"  # "here you can have us forget you"

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=10, choices=Kind)
    # An address that is not, or no longer, the reader's own; empty: his own.
    recipient = models.EmailField(max_length=254, blank=True, default="", db_default="")

    objects = LetterQuerySet.as_manager()

    class Meta(Entry.Meta):
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} to {self.subscriber}"
