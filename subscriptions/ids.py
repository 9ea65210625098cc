"""Identifiers that say when they were made: UUIDs of version 7."""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import timedelta


def new_id() -> uuid.UUID:
    """Return a UUID of version 7 (RFC 9562): rows of one moment lie together in an index."""
    value = _milliseconds() << 80 | secrets.randbits(80)
    return uuid.UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


def oldest_id(*, age: timedelta) -> uuid.UUID:
    """Return what is less than every id of the time since `age` ago, and more than older ones."""
    return uuid.UUID(int=(_milliseconds() - age // timedelta(milliseconds=1)) << 80)


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000
