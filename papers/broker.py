"""Ask Redis itself, without ever waiting long; for what is no message of Celery's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

PATIENCE = 0.3  # seconds for each answer; a frozen server does not give the first
T = TypeVar("T")


def ask(question: Callable[[Redis], T], *, patience: float = PATIENCE) -> T | None:
    """Return the answer of Redis; None if it gave none in time, or refused to.

    Connecting and answering may each take `patience` seconds, and nothing is tried twice.
    """
    try:
        with Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=patience,
            socket_connect_timeout=patience,
            decode_responses=True,
        ) as connection:
            return question(connection)
    except (RedisError, OSError, ValueError):  # ValueError: an address that only Celery knows
        return None


def is_there(*, patience: float = PATIENCE) -> bool:
    return bool(ask(lambda redis: redis.ping(), patience=patience))
