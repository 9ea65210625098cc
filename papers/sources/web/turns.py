"""One request at a time to a service, and a pause after it, over all of our machines.

A turn is taken in Redis first, so that whoever waits costs the database nothing, and then in
a row, which also holds when Redis was emptied, or cannot be reached from one machine only.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from redis import Redis

from papers import broker, clock
from papers.models import Turn
from papers.sources import SourceError
from papers.sources.web.manners import Manner

LEASE = 45.0  # seconds; longer than any request takes.  Who died is waited for no longer
PATIENCE = 120.0  # seconds that a request waits for its turn
STEP = 0.5  # seconds between two looks at a turn that somebody else has
EARLIEST = timedelta(days=1)

# Both: KEYS[1] the service; ARGV[1] who asks; ARGV[2] milliseconds.
_TAKE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return math.max(redis.call('PTTL', KEYS[1]), 1) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 0
"""
_GIVE_BACK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""


@contextmanager
def taken(manner: Manner) -> Iterator[None]:
    """Wait for our turn and hold it; the next one begins `manner.spacing` s after this ends.

    Raises:
        SourceError: temporary, if others had the turns for two minutes.
    """
    holder, waited = uuid.uuid4().hex, 0.0
    while wait := _wait_in_redis(manner, holder) or _wait_in_rows(manner, holder):
        if waited >= PATIENCE:
            raise SourceError(f"others have asked {manner.service} all the time", temporary=True)
        _sleep(step := min(wait, STEP))
        waited += step
    try:
        yield
    finally:
        _give_back(manner, holder)


def _wait_in_redis(manner: Manner, holder: str) -> float:
    """Take the turn: 0; or return the seconds until it is free.  0 without Redis, too."""
    return (_tell_redis(_TAKE, manner, holder, seconds=LEASE) or 0) / 1000


def _wait_in_rows(manner: Manner, holder: str) -> float:
    """Take the turn: 0; or return the seconds until it is free."""
    at = clock.database_now()
    row = Turn.objects.filter(service=manner.service)
    is_ours = Q(holder=holder) | Q(free_at__lte=at)
    for _ in range(2):
        if row.filter(is_ours).update(holder=holder, free_at=at + timedelta(seconds=LEASE)):
            return 0
        fresh = Turn(service=manner.service, free_at=at - EARLIEST)
        Turn.objects.bulk_create([fresh], ignore_conflicts=True)  # the first time only
    free_at = row.values_list("free_at", flat=True).get()
    return max((free_at - at).total_seconds(), 0.001)


def _give_back(manner: Manner, holder: str) -> None:
    free_at = clock.database_now() + timedelta(seconds=manner.spacing)
    Turn.objects.filter(service=manner.service, holder=holder).update(free_at=free_at)
    _tell_redis(_GIVE_BACK, manner, holder, seconds=manner.spacing)


def _tell_redis(script: str, manner: Manner, holder: str, *, seconds: float) -> int | None:
    def tell(redis: Redis) -> int:
        key = f"newsletter:turn:{manner.service}"
        return int(redis.eval(script, 1, key, holder, str(int(seconds * 1000))))

    return broker.ask(tell)


def _sleep(seconds: float) -> None:
    time.sleep(seconds)
