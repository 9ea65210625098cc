"""How politely each service is asked, and how long it is left alone.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST_PAUSE = timedelta(minutes=10)  # after "too many requests", whatever the service says
LONGEST_PAUSE = timedelta(hours=24)
JITTER = 0.25  # a pause is longer by up to this share, so that machines do not come together


@dataclass(frozen=True, slots=True)
class Manner:
    """What a service asks of those who ask it.  All of its hosts count as one."""

    service: str
    spacing: float  # seconds from the end of one request to the start of the next


# A setting such as ARXIV_API_URL or ARXIV_RSS_URL names a host of the service of its prefix.
MANNERS: Mapping[str, Manner] = {
    # One request in 3 s on one connection, over all machines: info.arxiv.org/help/api/tou.html
    "ARXIV": Manner("arxiv", spacing=3.0),
    # It counts 500 requests in 300 s; this is at most 300.
    "HUGGINGFACE": Manner("huggingface", spacing=1.0),
}


def retry_after(value: str | None, *, now: datetime) -> float | None:
    """Read a Retry-After header, RFC 9110: seconds to wait, > 0; None if it says nothing."""
    if not value:
        return None
    try:
        seconds = float(value) if value.isdecimal() else _until(value, now=now)
    except (ValueError, OverflowError):
        return None
    return min(seconds, LONGEST_PAUSE.total_seconds()) if seconds > 0 else None


def pause(*, strikes: int, wait: float | None, luck: float) -> timedelta:
    """Return how long a host is left alone that said "too many requests".

    Ten minutes, doubled with each time that it said so again, plus up to a quarter; or what
    the service asks for, if that is longer; at most a day.

    Args:
        strikes: how often it was paused before without a good answer since; >= 0.
        wait: the seconds that the service itself asks for, if it does.
        luck: 0 <= luck <= 1, different for each machine.
    """
    ours = SHORTEST_PAUSE * (1 << min(strikes, 10)) * (1 + JITTER * luck)
    return min(max(ours, timedelta(seconds=wait or 0)), LONGEST_PAUSE)


def _until(date: str, *, now: datetime) -> float:
    moment = parsedate_to_datetime(date)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()
