"""Builders of issues and deliveries, and of staff who look at them."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from django.contrib.auth.models import Permission, User

from newsletter.models import Alarm, Delivery, Event, Issue, Plan, Rehearsal, Tally, Webhook
from newsletter.picks import Pick, Why, pack
from papers.models import Correction, Host, Ingestion, Paper, Refusal, Topic, TopicModel
from subscriptions.models import (
    Brake,
    Consent,
    Farewell,
    Letter,
    Subscriber,
    Suppression,
    address_hash,
)
from subscriptions.verdicts import State
from tests.conftest import MOMENT
from tests.newsletter.issue_steps import SEVEN

TODAY = date(2026, 3, 17)


@pytest.fixture
def make_issue(db):
    def make(on=TODAY, *, cadence="daily") -> Issue:
        found = {"opened_at": MOMENT}
        return Issue.objects.get_or_create(on=on, cadence=cadence, defaults=found)[0]

    return make


def pick_of(paper) -> Pick:
    """The paper, picked for the first two of its topics."""
    topics = [*paper.assignments.values_list("topic", flat=True), 0, 0]
    return Pick(paper.pk, 0.8, Why.TOPIC if topics[0] else Why.NOTHING, topics[0], topics[1])


@pytest.fixture
def make_delivery(make_issue, make_paper, make_subscriber):
    """A delivery of today's issue to a reader of "agents"; `papers` is a list or a number."""

    def make(papers=2, *, reader=None, on=TODAY, **fields) -> Delivery:
        if isinstance(papers, int):
            papers = [make_paper(topics=["agents"]) for _ in range(papers)]
        picks = [pick_of(paper) for paper in papers]
        reader = reader or make_subscriber(topics=["agents"])
        issue = fields.pop("issue", None) or make_issue(on)
        packed = pack(picks)
        return Delivery.objects.create(
            issue=issue, subscriber=reader, packed_picks=packed, **fields
        )

    return make


@pytest.fixture
def sign_in(client, db):
    """A member of staff with these permissions and no others."""

    def make(*codenames: str, email: str = "editor@example.org"):
        user = User.objects.create_user("editor", email, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return client

    return make


@pytest.fixture
def one_of_each(make_delivery):
    """A row of everything that the admin shows."""
    reader = make_delivery(state=State.UNCERTAIN).subscriber
    reader.consents.create(act=Consent.Act.ASKED, at=MOMENT)
    Letter.objects.create(subscriber=reader, kind=Letter.Kind.CONFIRM)
    Farewell.objects.create(subscriber=reader, on=MOMENT.date(), reason="no-time")
    Suppression.objects.create(address_hash=address_hash("eve@example.net"), at=MOMENT)
    Brake.objects.create(reason="many sign-ups", since=MOMENT, until=MOMENT)
    ingestion = Ingestion.objects.create(source="sample", started_at=MOMENT)
    Refusal.objects.create(ingestion=ingestion, place="record 1", reason="no title")
    Host.objects.create(name="export.arxiv.org", paused_until=MOMENT)
    Webhook.objects.create(service="postmark", received_at=MOMENT, body=b"?", size=1, state="dead")
    Event.objects.create(key=uuid.uuid4(), provider="postmark", kind=1, is_ours=True, at=MOMENT)
    paper, topic = Paper.objects.first() or Paper.objects.create(title="One"), Topic.objects.first()
    Correction.objects.create(paper=paper, topic=topic, is_about=False)
    TopicModel.objects.create(trained_at=MOMENT, papers=5, weights=b"?")
    issue = Delivery.objects.first().issue
    Alarm.objects.create(issue=issue, kind="warned", reason="bounces", at=MOMENT)
    Tally.objects.create(issue=issue, kind="opened", count=3)
    Plan.objects.create(cadence="weekly", on=TODAY)
    Rehearsal.objects.create(cadence="daily", on=TODAY, started_at=MOMENT)


@pytest.fixture
def make_due(make_subscriber):
    """A daily reader of "agents" in UTC, due since seven o'clock."""

    def make(**fields) -> Subscriber:
        return make_subscriber(**{"topics": ["agents"], "next_digest_at": SEVEN, **fields})

    return make
