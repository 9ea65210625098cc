"""Deliveries as rows, without papers: for tests of what is done with their states."""

from __future__ import annotations

from datetime import date
from itertools import count

from newsletter.models import Delivery, Issue
from subscriptions.models import Subscriber
from tests.conftest import MOMENT

_serial = count(1)


def an_issue(on: date = date(2026, 3, 17), **fields) -> Issue:
    fields = {"cadence": "daily", "opened_at": MOMENT, "state": Issue.State.OPEN, **fields}
    return Issue.objects.create(on=on, **fields)


def a_reader(**fields) -> Subscriber:
    fields = {"state": Subscriber.State.CONFIRMED, "state_changed_at": MOMENT, **fields}
    return Subscriber.objects.create(email=f"row{next(_serial)}@example.net", **fields)


def a_delivery(issue: Issue, state: str = "pending", *, reader=None, **fields) -> Delivery:
    """One more delivery, which the issue expects."""
    Issue.objects.filter(pk=issue.pk).update(expected_count=issue.deliveries.count() + 1)
    reader = reader or a_reader()
    return Delivery.objects.create(issue=issue, subscriber=reader, state=state, **fields)


def deliveries(issue: Issue, **states: int) -> None:
    """So many deliveries in each of these states."""
    for state, number in states.items():
        for _ in range(number):
            a_delivery(issue, state)
