"""What the first page shows; a handful of small queries, however many readers there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from newsletter import readiness
from newsletter.models import Balance, Issue
from papers import rounds
from papers.health import Health
from papers.models import Paper, Topic
from subscriptions import heartbeats
from subscriptions.models import Census, Subscriber

DAYS = 90
ISSUES = 30
TOP = 5
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Standing:
    """How everything stands at one moment."""

    at: datetime
    next_digest: datetime | None  # of whoever comes first
    readers: Sequence[Census]  # oldest first
    balances: Sequence[Balance]  # oldest first, with their issues
    sources: Mapping[str, Health]
    papers: Sequence[Paper]
    topics: Sequence[Topic]  # with `recent`, their papers of a week
    waiting: timedelta | None  # of the oldest mail
    beats: Mapping[str, timedelta]

    @property
    def last_issue(self) -> Balance | None:
        return self.balances[-1] if self.balances else None

    @property
    def today(self) -> Census | None:
        return self.readers[-1] if self.readers else None


def load(*, at: datetime) -> Standing:
    readers = Subscriber.objects.deliverable().exclude(next_digest_at=None)
    since = (at - timedelta(days=DAYS)).date()
    newest = Balance.objects.select_related("issue").order_by("-issue__opened_at", "-pk")
    return Standing(
        at=at,
        next_digest=readers.order_by("next_digest_at")
        .values_list("next_digest_at", flat=True)
        .first(),
        readers=list(Census.objects.filter(day__gte=since).order_by("day")),
        balances=list(newest[:ISSUES])[::-1],
        sources=rounds.look(at=at),
        papers=list(Paper.objects.trending(until=at.date(), days=7)[:TOP]),
        topics=_topics(at=at),
        waiting=readiness.waiting(),
        beats=heartbeats.ages(),
    )


def waiting_issues() -> int:
    """How many issues wait for somebody: stopped by a check, a budget or a person."""
    return Issue.objects.filter(state=Issue.State.PAUSED).count()


def _topics(*, at: datetime) -> list[Topic]:
    fresh = Q(papers__first_seen_at__gte=at - WEEK)
    counted = Topic.objects.active().annotate(recent=Count("papers", filter=fresh))
    return list(counted.filter(recent__gt=0).order_by("-recent", "position")[:TOP])
