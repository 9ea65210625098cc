"""What the desk for topics asks of whoever knows who follows them.

Papers know no readers: the app that does registers itself when it is ready.
"""

from __future__ import annotations

from typing import Protocol

from papers.models import Topic


class Following(Protocol):
    def count(self, topic: Topic) -> int:
        """Say how many readers get papers because of this topic."""
        ...

    def merge(self, topic: Topic, *, into: Topic) -> int:
        """Let who follows `topic` follow `into`; return how many readers that moved."""
        ...

    def split(self, topic: Topic, *, to: Topic) -> int:
        """Let who follows or mutes `topic` do the same with `to`; return how many readers."""
        ...


_REGISTERED: list[Following] = []


def register(following: Following) -> None:
    _REGISTERED.append(following)


def count(topic: Topic) -> int:
    return sum(each.count(topic) for each in _REGISTERED)


def merge(topic: Topic, *, into: Topic) -> int:
    return sum(each.merge(topic, into=into) for each in _REGISTERED)


def split(topic: Topic, *, to: Topic) -> int:
    return sum(each.split(topic, to=to) for each in _REGISTERED)
