"""Readers: who they are, what they want, what they agreed to, and whom never to write to."""

from __future__ import annotations

from subscriptions.models.census import Census
from subscriptions.models.consent import Consent, SignUpCount
from subscriptions.models.farewell import AddressChange, Farewell
from subscriptions.models.feedback import Feedback, Taste, Vote
from subscriptions.models.installation import Brake, Gate, Heartbeat, Installation
from subscriptions.models.letter import Letter, LetterQuerySet
from subscriptions.models.reader import Subscriber, SubscriberQuerySet, never_write
from subscriptions.models.suppression import Suppression, address_hash, suppressed_among
from subscriptions.models.wishes import Interest, Phrase, Wish

__all__ = [
    "AddressChange",
    "Brake",
    "Census",
    "Consent",
    "Farewell",
    "Feedback",
    "Gate",
    "Heartbeat",
    "Installation",
    "Interest",
    "Letter",
    "LetterQuerySet",
    "Phrase",
    "SignUpCount",
    "Subscriber",
    "SubscriberQuerySet",
    "Suppression",
    "Taste",
    "Vote",
    "Wish",
    "address_hash",
    "never_write",
    "suppressed_among",
]
