"""What a reader's feedback says in sum."""

from __future__ import annotations

from subscriptions.models import Subscriber, Taste


def renew(subscriber: Subscriber) -> None:
    """Forget the sum of what the reader had said before: it is not true any more."""
    Taste.objects.filter(subscriber=subscriber).delete()
