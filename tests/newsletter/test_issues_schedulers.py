"""Many schedulers at once, and none for a while: every slot is opened once, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product

import pytest
from django.db import connection
from django.db.models import Count

from newsletter import issues
from newsletter.models import Delivery, Issue
from subscriptions import cadence
from subscriptions.cadence import Schedule
from subscriptions.models import Subscriber
from tests.newsletter.rows import a_reader
from tests.newsletter.test_issues_workers import in_threads

AT = datetime(2026, 3, 17, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = [f"Etc/GMT{hours:+}" for hours in range(-12, 9)]  # 21 zones x 24 hours
SLOTS = 500 if connection.vendor == "postgresql" else 40


def readers_of(schedules) -> None:
    rows = []
    for number, schedule in enumerate(schedules):
        slot = cadence.latest_slot(schedule, at=AT)
        rows.append(
            Subscriber(
                email=f"slot{number}@example.net",
                state=Subscriber.State.CONFIRMED,
                state_changed_at=AT - 30 * DAY,
                hour=schedule.hour,
                time_zone=schedule.time_zone,
                next_digest_at=slot.at,
            )
        )
    Subscriber.objects.bulk_create(rows)


@pytest.mark.django_db(transaction=True)
def test_four_schedulers_at_once_open_every_slot_once(settings):
    settings.CATCH_UP_HOURS = 24.0
    slots = [Schedule("daily", 0, hour, zone) for hour, zone in product(range(24), ZONES)][:SLOTS]
    readers_of(slots)
    written = in_threads([partial(issues.open_due, at=AT)] * 4)

    assert len(written) == 4
    assert sum(written) == Delivery.objects.count() == len(slots)
    each = Subscriber.objects.annotate(n=Count("deliveries"))
    assert not each.exclude(n=1).exists()
    assert not Subscriber.objects.due(at=AT).exists()
    assert all(issue.imbalance() == 0 for issue in Issue.objects.all())


def due_since(days: int, hour: int) -> Subscriber:
    return a_reader(hour=hour, next_digest_at=AT.replace(hour=hour) - days * DAY)


def dates_of(reader) -> list[str]:
    return [f"{delivery.issue.on:%d}" for delivery in reader.deliveries.order_by("pk")]


@pytest.mark.django_db
def test_after_six_hours_of_darkness_every_slot_is_made_up_for_once():
    readers = [due_since(0, hour) for hour in (6, 8, 11)]
    later = due_since(0, 13)
    assert [issues.open_due(at=AT) for _ in range(3)] == [3, 0, 0]
    assert [dates_of(reader) for reader in [*readers, later]] == [["17"], ["17"], ["17"], []]


@pytest.mark.django_db
def test_after_three_days_of_darkness_there_is_no_burst(settings):
    settings.CATCH_UP_HOURS = 12.0
    at_seven, in_the_evening = due_since(3, 7), due_since(3, 20)
    assert issues.open_due(at=AT) == 1  # today's at seven; yesterday evening's is too old
    assert dates_of(at_seven) == ["17"]
    assert dates_of(in_the_evening) == []
    in_the_evening.refresh_from_db()
    assert in_the_evening.next_digest_at == AT.replace(hour=20)
    assert issues.open_due(at=AT + HOUR) == 0
