"""How often one network may ask in a minute: counted in Redis, so that no row is written.

Without Redis nobody is counted.  Who must hold a flood back has the proxy do it.
"""

from __future__ import annotations

import hmac
import time
from functools import lru_cache

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from subscriptions import limits

SPAN = 60  # seconds
PATIENCE = 0.05  # seconds for each answer of Redis
RESPITE = 30.0  # seconds in which nothing is asked of a Redis that did not answer


class Pace:
    """The counts of one Redis."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
        self._silent_until = 0.0  # by the monotonic clock

    def wait(self, address: str, *, limit: int) -> int:
        """Count a call from an address; return for how many seconds it must wait, usually 0."""
        if time.monotonic() < self._silent_until:
            return 0
        try:
            count, left = self._count(_key(address))
        except (RedisError, OSError):
            self._silent_until = time.monotonic() + RESPITE
            return 0
        return max(left, 1) if count > limit else 0

    def _count(self, key: str) -> tuple[int, int]:
        """Count one more; return how many there were, and for how many seconds they count."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(key, 0, ex=SPAN, nx=True)
            pipe.incr(key)
            pipe.ttl(key)
            _, count, left = pipe.execute()
        return count, left


@lru_cache(maxsize=4)
def of(url: str) -> Pace:
    return Pace(url)


def _key(address: str) -> str:
    """Addresses themselves are kept nowhere."""
    network = limits.network(address).encode()
    digest = hmac.digest(settings.SECRET_KEY.encode(), b"newsletter.api.pace " + network, "sha256")
    return f"api:{digest[:12].hex()}"
