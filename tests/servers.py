"""Real servers for the tests, started before Django reads its settings.

pytest-django loads the settings before any conftest.py, so tests/settings.py imports this
module first.  Worker processes that a test starts inherit the environment and start nothing.
"""

from __future__ import annotations

import atexit
import os
import tempfile
from pathlib import Path

from newsletter.demo.valkey import Valkey
from tests.postgres import Postgres


def start() -> None:
    if os.environ.get("TEST_SERVERS") == "running":
        return

    os.environ["TEST_SERVERS"] = "running"
    valkey = Valkey()
    atexit.register(valkey.stop)
    os.environ["REDIS_URL"] = valkey.url
    if os.environ.get("TEST_DB", "postgres") == "postgres":
        postgres = Postgres()
        atexit.register(postgres.stop)
        os.environ["DATABASE_URL"] = postgres.url
    else:
        folder = tempfile.TemporaryDirectory(prefix="nl-")
        atexit.register(folder.cleanup)
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder.name) / 'db.sqlite3'}"


start()
