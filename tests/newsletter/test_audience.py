"""Who is due, as columns."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from newsletter import audience
from newsletter.audience import Turn
from subscriptions.lanes import LANES
from subscriptions.models import Subscriber
from tests.newsletter.issue_steps import DAY, HOUR, SEVEN
from tests.newsletter.test_issues_workers import in_threads


def described(found):
    return [
        (reader, length, share, LANES[lane], found.schedules[schedule])
        for reader, length, share, lane, schedule in zip(
            found.ids.tolist(),
            found.lengths.tolist(),
            found.trend_shares.tolist(),
            found.lanes.tolist(),
            found.schedule.tolist(),
            strict=True,
        )
    ]


@pytest.fixture
def two(make_due):
    return [
        make_due(email="ada@gmail.com", length=3, trend_share=0.25),
        make_due(
            email=f"x@{'long.' * 12}example.org",
            cadence="weekly",
            weekday=4,
            hour=23,
            time_zone="America/Argentina/ComodRivadavia",
        ),
    ]


def test_readers_come_with_what_an_issue_needs(two):
    expected = [
        (two[0].pk, 3, 0.25, "gmail", Turn("daily", 0, 7, "UTC")),
        (two[1].pk, 7, 0.4, "other", Turn.of_reader(two[1])),
    ]
    assert described(audience.due(at=SEVEN, limit=9)) == expected
    assert described(audience.of(reversed(two))) == expected


def test_only_so_many_come_who_waited_longest(make_due):
    make_due(next_digest_at=SEVEN)
    early = make_due(next_digest_at=SEVEN - HOUR)
    make_due(next_digest_at=SEVEN + HOUR)
    assert audience.due(at=SEVEN, limit=1).ids.tolist() == [early.pk]
    assert audience.due(at=SEVEN, limit=9).size == 2


def test_readers_of_schedules_that_failed_are_left_out(two):
    failed = [Turn.of_reader(two[1])]
    assert audience.due(at=SEVEN, limit=9, without=failed).ids.tolist() == [two[0].pk]


def test_readers_are_found_by_their_schedules(two):
    found = audience.due(at=SEVEN, limit=9)
    weekly = Turn.of_reader(two[1])
    assert found.on([weekly]).ids.tolist() == [two[1].pk]
    by_schedule = {schedule: ids.tolist() for schedule, ids in found.on([weekly]).ids_by_schedule()}
    assert by_schedule == {weekly: [two[1].pk]}


def test_planning_moves_only_these_readers(two):
    audience.plan(audience.of([two[0]]).ids, SEVEN + DAY)
    assert list(Subscriber.objects.due(at=SEVEN)) == [two[1]]
    two[0].refresh_from_db()
    assert two[0].next_digest_at == SEVEN + DAY


@pytest.mark.django_db(transaction=True)
def test_whom_somebody_holds_is_left_for_later(two):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    with transaction.atomic():
        audience.due(at=SEVEN, limit=1)
        [others] = in_threads([due_for_another])
    assert len(others) == 1


def due_for_another() -> list[int]:
    with transaction.atomic():
        return audience.due(at=SEVEN, limit=9).ids.tolist()
