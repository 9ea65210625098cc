"""Readers are counted once an hour, and a day has one row."""

from __future__ import annotations

from datetime import timedelta

import pytest

from subscriptions import census
from subscriptions.models import Census
from tests.conftest import MOMENT

pytestmark = pytest.mark.django_db


def test_readers_are_counted_by_state(make_subscriber):
    for number, state in enumerate(["confirmed", "confirmed", "pending"]):
        make_subscriber(state=state, next_digest_at=MOMENT + timedelta(hours=30 * number))
    found = census.take(at=MOMENT)
    assert (found.confirmed, found.pending, found.unsubscribed, found.due) == (2, 1, 0, 1)


def test_a_day_has_one_row(make_subscriber):
    census.take(at=MOMENT)
    make_subscriber()
    census.take(at=MOMENT + timedelta(hours=1))
    assert Census.objects.get().confirmed == 1
    census.take(at=MOMENT + timedelta(days=1))
    assert Census.objects.count() == 2
