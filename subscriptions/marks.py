"""How far this installation had come, noted outside of the database: in a file and in Redis.

A database that was restored from a backup does not know what happened since; the marks do.
Each is kept by the installation's identity, and only ever raised.
"""

from __future__ import annotations

import fcntl
import logging
import os
import uuid
from pathlib import Path

from django.conf import settings

from papers import broker

logger = logging.getLogger(__name__)

KEY = "newsletter:marks"  # a sorted set in Redis: identity -> mark
WIDTH = 20  # digits in the file, so that it is overwritten in place


def highest(identity: uuid.UUID) -> int:
    """Return the highest mark that can be found; 0 if there is none."""
    return max(_in_file(identity), _in_redis(identity))


def lift(identity: uuid.UUID, mark: int) -> None:
    """Note that the installation has come to `mark`.  Never raises: the next one is close."""
    _lift_in_file(identity, mark)
    broker.ask(lambda redis: redis.zadd(KEY, {identity.hex: mark}, gt=True))


def _path(identity: uuid.UUID) -> Path:
    return Path(settings.JOURNAL_DIR) / f"mark-{identity.hex}"


def _in_redis(identity: uuid.UUID) -> int:
    return int(broker.ask(lambda redis: redis.zscore(KEY, identity.hex)) or 0)


def _in_file(identity: uuid.UUID) -> int:
    try:
        return _number(_path(identity).read_bytes())
    except FileNotFoundError:
        return 0
    except OSError as error:
        logger.warning("the mark cannot be read: %s", error)
        return 0


def _lift_in_file(identity: uuid.UUID, mark: int) -> None:
    path = _path(identity)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # let go when the file is closed
            if _number(file.read()) < mark:
                file.seek(0)
                file.write(b"%0*d" % (WIDTH, mark))
    except OSError as error:
        logger.warning("the mark cannot be written: %s", error)


def _number(content: bytes) -> int:
    """What a mark's file says; 0 if it is empty or broken off."""
    return int(content) if content.isdigit() else 0
