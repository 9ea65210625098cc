"""Who follows a topic, and what becomes of that when editors merge or split it."""

from __future__ import annotations

from papers.models import Topic
from subscriptions.models import Interest, Subscriber


def count(topic: Topic) -> int:
    """Count the confirmed readers who follow the topic; a mute is none of them."""
    state = Subscriber.State.CONFIRMED
    return topic.interests.filter(weight__gt=0, subscriber__state=state).count()


def merge(topic: Topic, *, into: Topic) -> int:
    """Let who follows `topic` follow `into`; return how many readers that moved.

    What a reader says of `into` already stays as it is.  A mute is not moved: nobody said
    that he wants none of the larger topic.
    """
    following = Interest.objects.filter(topic=topic, weight__gt=0)
    settled = Interest.objects.filter(topic=into).values("subscriber")
    moved = following.exclude(subscriber__in=settled).update(topic=into)
    Interest.objects.filter(topic=topic, weight__gt=0).delete()
    return moved


def split(topic: Topic, *, to: Topic) -> int:
    """Let who follows or mutes `topic` do the same with `to`; return how many readers."""
    said = topic.interests.values_list("subscriber", "weight").iterator(chunk_size=5_000)
    copies = (Interest(subscriber_id=reader, topic=to, weight=weight) for reader, weight in said)
    return len(Interest.objects.bulk_create(copies, batch_size=5_000, ignore_conflicts=True))
