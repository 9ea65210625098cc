"""A site with something of everything, and a client that reports errors as a server does."""

from __future__ import annotations

import itertools

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from newsletter.models import Delivery, Issue
from newsletter.picks import Pick, Why, pack
from subscriptions.models import Letter, Subscriber
from subscriptions.verdicts import State
from tests.conftest import MOMENT
from tests.hostile.visitor import Visitor


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def _wide_limits(settings):
    """Each case comes from a network of its own; the limits have tests elsewhere."""
    settings.SIGNUPS_AN_HOUR = settings.SIGNUPS_PER_DOMAIN_A_MINUTE = 10**9
    settings.WEBHOOK_SERVICES = ["postmark"]
    settings.ANYMAIL = {"WEBHOOK_SECRET": "hook:secret"}
    cache.clear()


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(Client(raise_request_exception=False))


@pytest.fixture
def reader(make_subscriber, make_paper) -> Subscriber:
    """A confirmed reader of "agents" who was sent a digest of two papers."""
    reader = make_subscriber("ann@example.net", topics=["agents"])
    papers = [make_paper(topics=["agents"], pk=number) for number in (1, 2)]
    found = {"opened_at": MOMENT, "state": Issue.State.OPEN}
    issue, _ = Issue.objects.get_or_create(on=MOMENT.date(), cadence="daily", defaults=found)
    chosen = [Pick(paper.pk, 0.8, Why.TOPIC, paper.topics.get().pk, 0) for paper in papers]
    Delivery.objects.create(
        issue=issue, subscriber=reader, packed_picks=pack(chosen), state=State.ACCEPTED
    )
    return reader


@pytest.fixture
def newcomer(make_subscriber) -> Subscriber:
    """Somebody who has not confirmed yet."""
    reader = make_subscriber("newcomer@example.net", topics=["agents"], state="pending")
    Letter.objects.create(subscriber=reader, kind="confirm", state=State.ACCEPTED)
    return reader


@pytest.fixture
def serial():
    return itertools.count()
