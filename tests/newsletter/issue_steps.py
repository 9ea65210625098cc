"""Moments and steps that tests of issues share."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from newsletter import issues
from newsletter.models import Delivery
from papers.models import Paper

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TUESDAY, WEDNESDAY = date(2026, 3, 17), date(2026, 3, 18)
SEVEN = datetime(2026, 3, 17, 7, tzinfo=UTC)  # when the readers of `make_due` are due


def titles(delivery: Delivery) -> list[str]:
    return [Paper.objects.get(pk=paper_id).title for paper_id in delivery.paper_ids]


def sent_titles(at: datetime = SEVEN) -> list[str]:
    """What the only reader gets at that moment."""
    issues.open_due(at=at)
    return titles(Delivery.objects.latest("pk"))
