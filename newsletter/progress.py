"""How far an issue is: counts, rate, and time left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.models import Issue
from subscriptions import clock
from subscriptions.verdicts import UNFINISHED, State

# While some of these are left, an issue goes on by itself.
MOVING = frozenset(UNFINISHED)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The deliveries of one issue at one moment: state -> how many."""

    at: datetime
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        return sum(count for state, count in self.counts.items() if state in MOVING)

    @property
    def done(self) -> int:
        return self.total - self.left

    @property
    def share(self) -> float:
        """The part that is done, 0 to 1; an issue without deliveries is done."""
        return self.done / self.total if self.total else 1.0


def rate(before: Snapshot, after: Snapshot) -> float:
    """Return how many deliveries a second were finished from one to the other."""
    seconds = (after.at - before.at).total_seconds()
    return max(after.done - before.done, 0) / seconds if seconds > 0 else 0.0


def time_left(left: int, *, per_second: float) -> timedelta | None:
    """Return how long the rest takes at that rate; None if nothing moves."""
    if not left:
        return timedelta(0)
    return timedelta(seconds=round(left / per_second)) if per_second > 0 else None


def line(before: Snapshot | None, after: Snapshot) -> str:
    """Say it in one line: "1,200 of 5,000 (24 %), 350 a second, 0:00:11 left; 1,200 accepted".

    Args:
        before: an earlier look, if there was one; without it there is no rate.
    """
    share = int(after.share * 100)  # rounded down: 100 % means all
    pace = _pace(before, after) if before and after.left else ""
    return f"{after.done:,} of {after.total:,} ({share} %){pace}; {_states(after)}"


def is_going_on(issue: Issue, seen: Snapshot) -> bool:
    """True while more may happen by itself: a paused issue finishes what is in hand."""
    if issue.state == Issue.State.PAUSED:
        return any(seen.counts.get(state) for state in (State.CLAIMED, State.ATTEMPTING))
    return seen.left > 0


def take(issue: Issue) -> Snapshot:
    """Look at an issue's deliveries now."""
    return Snapshot(clock.database_now(), issue.deliveries.all().counts())


def _pace(before: Snapshot, after: Snapshot) -> str:
    per_second = rate(before, after)
    remaining = time_left(after.left, per_second=per_second)
    if remaining is None:
        return ", nothing moves"
    return f", {per_second:,.{0 if per_second >= 10 else 1}f} a second, {remaining} left"


def _states(snapshot: Snapshot) -> str:
    found = [(state, snapshot.counts.get(state, 0)) for state in State]
    return ", ".join(f"{count:,} {state}" for state, count in found if count) or "no deliveries"
