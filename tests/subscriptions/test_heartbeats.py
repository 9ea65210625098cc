from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from subscriptions import clock, heartbeats
from subscriptions.models import Heartbeat
from tests.newsletter.test_issues_workers import in_threads

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_every_beat_is_counted_and_has_its_time(db):
    assert [heartbeats.beat("tick") for _ in range(3)] == [1, 2, 3]
    assert heartbeats.beat("pump") == 1
    assert heartbeats.total() == 4
    assert abs(heartbeats.age("tick")) < MINUTE
    assert heartbeats.ages().keys() == {"tick", "pump"}


def test_what_never_happened_has_no_age(db):
    assert heartbeats.age("sweep") is None
    assert heartbeats.total() == 0


def test_age_runs_on_the_databases_clock(db):
    Heartbeat.objects.create(name="tick", at=clock.database_now() - HOUR, count=7)
    assert HOUR <= heartbeats.age("tick") < HOUR + MINUTE


@pytest.mark.django_db(transaction=True)
def test_the_first_beats_of_many_at_once_are_all_counted():
    counts = in_threads([partial(heartbeats.beat, "pump")] * 6)
    assert sorted(counts) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("waiting", "pump_age", "stalled"),
    [
        (None, None, False),  # nothing waits
        (None, HOUR, False),
        (MINUTE, None, False),  # it has only just come
        (2 * MINUTE, HOUR, False),
        (3 * MINUTE, None, True),
        (3 * MINUTE, HOUR, True),
        (HOUR, MINUTE, False),  # slow, but somebody comes
    ],
)
def test_a_stall_is_mail_that_waits_and_nobody_who_comes(waiting, pump_age, stalled):
    assert heartbeats.is_stalled(waiting=waiting, pump_age=pump_age) is stalled
