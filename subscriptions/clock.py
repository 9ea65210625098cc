"""How far this machine's clock is from the database's, and one that never stands still."""

from __future__ import annotations

import time
from datetime import timedelta

from django.utils.timezone import now

from papers.clock import database_now

__all__ = ["SKEW_TO_REPORT", "database_now", "seconds", "skew"]

SKEW_TO_REPORT = timedelta(seconds=5)


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
