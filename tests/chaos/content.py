"""One issue to many readers, written straight into the rows."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Max
from django.utils.timezone import now

from newsletter.models import Delivery, Issue
from newsletter.picks import Pick, Why
from papers.models import Assignment, Paper, Topic
from subscriptions.models import Subscriber

FIRST_DAY = date(2026, 3, 17)


def make_papers() -> list[Pick]:
    """A few papers on one topic, as everybody gets them."""
    topic = Topic.objects.order_by("pk").first()
    picks = []
    for number in range(3):
        paper = Paper.objects.create(
            title=f"Paper {number} of this issue",
            title_key=f"paper {number} of this issue",
            abstract="We look at one more way to do it & measure what it costs when $x < y$.",
            arxiv_id=f"2603.{number:05}",
            authors=["Ada Example", "Grace Example"],
            listed_on=now().date(),
            first_seen_at=now(),
            trend_score=0.5,
        )
        Assignment.objects.create(paper=paper, topic=topic, reason="arXiv cs.LG")
        picks.append(Pick(paper.pk, 1.0, Why.TOPIC, topic.pk))
    return picks


def address(number: int) -> str:
    return f"reader{number}@example.net"


def make_readers(number: int) -> list[Subscriber]:
    readers = [
        Subscriber(email=address(n), state=Subscriber.State.CONFIRMED, state_changed_at=now())
        for n in range(number)
    ]
    return Subscriber.objects.bulk_create(readers, batch_size=2000)


def make_issue(readers: list[Subscriber], picks: list[Pick]) -> Issue:
    """An open issue with a delivery for each of the readers."""
    last = Issue.objects.aggregate(last=Max("on"))["last"]
    issue = Issue.objects.create(
        cadence=Issue.Cadence.DAILY,
        on=last + timedelta(days=1) if last else FIRST_DAY,
        opened_at=now(),
        expected_count=len(readers),
        state=Issue.State.OPEN,
    )
    Delivery.objects.bulk_create(
        [Delivery(issue=issue, subscriber=reader, picks=picks) for reader in readers],
        batch_size=2000,
    )
    return issue
