"""How fast may mail go now?  Token buckets, a circuit breaker, a warm-up.  Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from subscriptions.outgoing import Fate, Result

BURST = 10.0  # seconds' worth of tokens that a stream may save up
FAILURES_AT_MOST = 20  # so many in a row close the gate
FIRST_CLOSING, LONGEST_CLOSING = timedelta(seconds=30), timedelta(hours=1)
SLOWEST = 1 / 64  # of the configured rate
SPEED_UP_AFTER = timedelta(minutes=10)  # without a complaint of the receiving servers
WARM_UP_DAYS = 42
FIRST_DAY, LAST_DAY = 200, 200_000  # mails


# What receiving servers say when mail comes too fast (RFC 3463 X.7.x with 4, and 421).
TOO_FAST = re.compile(r"\b421\b|\b4\.7\.\d+\b|too (many|fast)|rate.?limit", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Flow:
    """The state of one stream."""

    tokens: float = 0.0
    filled_at: datetime | None = None
    pace: float = 1.0  # part of the configured rate, SLOWEST..1
    paced_at: datetime | None = None
    failures: int = 0  # in a row
    closed_until: datetime | None = None

    def is_closed(self, now: datetime) -> bool:
        return self.closed_until is not None and self.closed_until > now


def fill(flow: Flow, *, rate: float, now: datetime) -> Flow:
    """Add the tokens that came since the last time; `rate` is in mails a second, > 0."""
    pace = flow.pace
    if flow.paced_at is not None and now - flow.paced_at >= SPEED_UP_AFTER and pace < 1:
        pace = min(1.0, pace * 1.1)
        flow = replace(flow, pace=pace, paced_at=now)
    since = (now - flow.filled_at).total_seconds() if flow.filled_at else BURST
    most = max(2.0, rate * pace * BURST)
    return replace(
        flow, tokens=min(most, flow.tokens + max(since, 0.0) * rate * pace), filled_at=now
    )


def take(flow: Flow, wanted: int) -> tuple[Flow, int]:
    """Return the flow with up to `wanted` tokens fewer, and how many those are."""
    taken = max(0, min(wanted, int(flow.tokens)))
    return replace(flow, tokens=flow.tokens - taken), taken


def is_throttled(result: Result) -> bool:
    """Whether the answer asks for less mail at a time."""
    return result.fate is Fate.LATER and TOO_FAST.search(result.detail) is not None


def slow_down(flow: Flow, *, now: datetime) -> Flow:
    """The receiving servers said "too fast": half the pace, at most once a minute."""
    if flow.paced_at is not None and now - flow.paced_at < timedelta(minutes=1):
        return flow
    return replace(flow, pace=max(SLOWEST, flow.pace / 2), paced_at=now)


def judge(flow: Flow, *, is_well: bool, failures: int, now: datetime) -> Flow:
    """Count what went wrong with the service itself; too much in a row closes the gate.

    Args:
        is_well: something was accepted, or refused for a reason of its own.
        failures: calls that came to nothing, if nothing was well; their mails do not count.
    """
    if is_well:
        return replace(flow, failures=0) if flow.failures else flow  # a closed gate stays so
    failed = flow.failures + failures
    if failed < FAILURES_AT_MOST:
        return replace(flow, failures=failed)
    times = min((failed - FAILURES_AT_MOST) // FAILURES_AT_MOST, 7)
    wait: timedelta = min(FIRST_CLOSING * 2**times, LONGEST_CLOSING)
    return replace(flow, failures=failed, closed_until=now + wait)


def close(flow: Flow, *, seconds: float, now: datetime) -> Flow:
    """The service named a time before which it wants no call; an hour at most."""
    until = now + min(timedelta(seconds=max(seconds, 0)), LONGEST_CLOSING)
    return flow if flow.is_closed(until) else replace(flow, closed_until=until)


def warm_up_cap(started: date, *, on: date) -> int | None:
    """How many mails may go out on that day of a new sender's life; None when it is over.

    200 on the first day, 200,000 on the last of 42, growing by the same factor every day.
    """
    day = (on - started).days
    if day < 0:
        return FIRST_DAY
    if day >= WARM_UP_DAYS:
        return None
    ratio: float = (LAST_DAY / FIRST_DAY) ** (day / (WARM_UP_DAYS - 1))
    return round(FIRST_DAY * ratio)
