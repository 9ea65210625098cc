"""Builders of issues and deliveries."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.models import Delivery, Issue
from tests.conftest import MOMENT

TODAY = date(2026, 3, 17)


@pytest.fixture
def make_issue(db):
    def make(on=TODAY, *, cadence="daily") -> Issue:
        found = {"opened_at": MOMENT}
        return Issue.objects.get_or_create(on=on, cadence=cadence, defaults=found)[0]

    return make


@pytest.fixture
def make_delivery(make_issue, make_paper, make_subscriber):
    """A delivery of today's issue to a reader of "agents"; `papers` is a list or a number."""

    def make(papers=2, *, reader=None, on=TODAY, **fields) -> Delivery:
        if isinstance(papers, int):
            papers = [make_paper(topics=["agents"]) for _ in range(papers)]
        picks = [
            {
                "paper": paper.pk,
                "score": 0.8,
                "topics": list(paper.assignments.values_list("topic", flat=True)),
            }
            for paper in papers
        ]
        reader = reader or make_subscriber(topics=["agents"])
        return Delivery.objects.create(
            issue=make_issue(on), subscriber=reader, picks=picks, **fields
        )

    return make
