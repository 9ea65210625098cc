"""The database's clock, which all of our machines share, and one that never stands still."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils.timezone import now

SKEW_TO_REPORT = timedelta(seconds=5)


def database_now() -> datetime:
    """Return what time the database says that it is.

    SQLite runs in this process and has no other clock.
    """
    if connection.vendor != "postgresql":
        return now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def seconds() -> float:
    """Return the seconds of a clock that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def skew() -> timedelta:
    """Return how far this machine's clock is ahead of the database's; negative if behind.

    Known to within half of the time that asking takes.
    """
    before = now()
    there = database_now()
    after = now()
    return before + (after - before) / 2 - there
