"""What a reader says of a paper or a topic: more, less, mute, vote; each can be taken back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from papers.models import Paper, Topic
from subscriptions import tastes
from subscriptions.models import Feedback, Interest, Subscriber, Vote


def say(subscriber: Subscriber, paper: Paper, kind: Feedback.Kind, *, at: datetime) -> None:
    """He wants more papers like this, or fewer; what he said last counts."""
    said = {"kind": kind, "at": at}
    Feedback.objects.update_or_create(subscriber=subscriber, paper=paper, defaults=said)
    tastes.renew(subscriber)


def unsay(subscriber: Subscriber, paper: Paper) -> None:
    """He has no opinion of it after all."""
    Feedback.objects.filter(subscriber=subscriber, paper=paper).delete()
    tastes.renew(subscriber)


@transaction.atomic
def forget(subscriber: Subscriber) -> None:
    """He never said anything of any paper: more, less and votes are gone for good."""
    Feedback.objects.filter(subscriber=subscriber).delete()
    Vote.objects.filter(subscriber=subscriber).delete()
    tastes.renew(subscriber)


def vote(subscriber: Subscriber, paper: Paper, *, at: datetime) -> None:
    Vote.objects.get_or_create(subscriber=subscriber, paper=paper, defaults={"at": at})


def take_back(subscriber: Subscriber, paper: Paper) -> None:
    Vote.objects.filter(subscriber=subscriber, paper=paper).delete()


def weigh(subscriber: Subscriber, topic: Topic, weight: float) -> None:
    """Follow a topic with that weight (0..2), or mute it with 0."""
    Interest.objects.update_or_create(
        subscriber=subscriber, topic=topic, defaults={"weight": weight}
    )


def unmute(subscriber: Subscriber, topic: Topic) -> None:
    """Let a muted topic's papers come again if something else is for them."""
    Interest.objects.filter(subscriber=subscriber, topic=topic, weight=0).delete()
