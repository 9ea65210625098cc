"""What a reader's feedback says in sum."""

from __future__ import annotations

from papers import vectors
from subscriptions.models import Feedback, Subscriber, Taste


def renew(subscriber: Subscriber) -> None:
    """Store the direction of all that he said; nothing if it has none.

    Papers that have no vector yet count from the next time on.
    """
    said = Feedback.objects.filter(subscriber=subscriber).exclude(paper__vector=None)
    rows = list(said.values_list("kind", "paper__vector"))
    more = [bytes(v) for kind, v in rows if v is not None and kind == Feedback.Kind.MORE]
    less = [bytes(v) for kind, v in rows if v is not None and kind == Feedback.Kind.LESS]
    direction = vectors.mix(more, less)
    if not direction.any():
        Taste.objects.filter(subscriber=subscriber).delete()
        return
    Taste.objects.update_or_create(
        subscriber=subscriber, defaults={"vector": vectors.pack(direction)}
    )
