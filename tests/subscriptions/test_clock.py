from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils.timezone import now

from subscriptions import clock

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def test_the_clocks_of_one_machine_agree():
    assert abs(clock.skew()) < timedelta(seconds=1)
    assert clock.database_now().utcoffset() == timedelta(0)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has this process's clock")
@pytest.mark.parametrize("wrong", [-HOUR, HOUR])
def test_a_wrong_clock_here_is_seen_and_does_not_move_the_databases(wrong):
    right = now()
    with time_machine.travel(right + wrong):
        assert abs(clock.database_now() - right) < timedelta(seconds=20)
        assert abs(clock.skew() - wrong) < timedelta(seconds=20)
