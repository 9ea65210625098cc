"""Histories of votes, written as a row of looks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from papers.histories import Rise, history

DAY = date(2026, 3, 16)
MIDNIGHT = datetime(2026, 3, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours):
    return MIDNIGHT + hours * HOUR


def watch(looks, *, first_look=None, last_look=None):
    """A history from {hour: votes}; hours before 0 are those of an earlier list."""
    rises, since, before = [], None, -1
    for hour, votes in sorted(looks.items()):
        if votes > before:
            rises.append(Rise(at(hour), votes, since))
        since, before = at(hour), votes
    own = [hour for hour in looks if hour >= 0]
    span = (
        min(own) if first_look is None else first_look,
        max(own) if last_look is None else last_look,
    )
    return history(DAY, first_seen=at(min(own)), looks=(at(span[0]), at(span[1])), rises=rises)
