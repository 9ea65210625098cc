"""A database and a queue of one scene's own, and the settings of everything that uses them."""

from __future__ import annotations

import os
import random
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from newsletter.demo.processes import die_with_parent
from newsletter.demo.valkey import Valkey
from tests.chaos.row import Row
from tests.postgres import Postgres

ROOT = Path(__file__).parents[2]
FOLDERS = "folders"  # a file with what a scene leaves if it is killed
OPTIONS = (
    "-c fsync=on -c synchronous_commit=on -c full_page_writes=on"
    " -c max_connections=100 -c shared_buffers=128MB"
)

# Short times, so that a scene need not wait for what production waits for.
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "newsletter.config.settings",
    "SITE_URL": "http://localhost:1",
    "MAIL_FROM": "Trending Papers <digest@news.example.org>",
    "MAIL_REPLY_TO": "editors@example.org",
    "POSTAL_ADDRESS": "1 Example Street",
    "STATIC_MANIFEST": "0",
    "PAPER_SOURCES": "",
    "MIN_FREE_GB": "0",
    "SIGNUPS_AN_HOUR": "1000000",
    "SIGNUPS_PER_NETWORK_AN_HOUR": "1000000",
    "SIGNUPS_PER_DOMAIN_A_MINUTE": "1000000",
    "TICK_SECONDS": "600",
    "SWEEP_SECONDS": "1",
    "LEASE_SECONDS": "10",
    "UNCERTAIN_WAIT_SECONDS": "1",
}


class Queue(Valkey):
    """A Valkey that keeps nothing, and that can be killed, frozen, and started anew."""

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Start again at the same place, empty."""
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            self.process.args,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        self._wait()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


class Servers:
    """Sets the environment, which Django must not have read before."""

    def __init__(self, engine: str, template: Path, *, seed: int) -> None:
        self.chance = random.Random(seed)
        self.folder = Path(tempfile.mkdtemp(prefix="nl-", dir="/tmp"))
        self.journals = self.folder / "journal"
        self.postgres: Postgres | None = None
        if engine == "postgres":
            self.postgres = Postgres(OPTIONS, like=template / "postgres")
            url = self.postgres.url
        else:
            shutil.copy(template / "sqlite" / "db.sqlite3", self.folder)
            url = f"sqlite:///{self.folder / 'db.sqlite3'}"
        self.queue = Queue()
        os.environ.update(
            SETTINGS,
            DATABASE_URL=url,
            REDIS_URL=self.queue.url,
            SECRET_KEY=secrets.token_urlsafe(50),
            JOURNAL_DIR=str(self.journals),
        )
        folders = [self.folder, self.queue.folder]
        folders += [self.postgres.folder] if self.postgres else []
        (template / FOLDERS).write_text("\n".join(map(str, folders)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.queue.process.send_signal(signal.SIGCONT)
        self.queue.stop()
        if self.postgres:
            self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def make_template(folder: Path, engines: set[str]) -> None:
    """Leave an empty database with all its tables in `folder`, for scenes to copy."""
    if "postgres" in engines:
        postgres = Postgres()
        _migrate(postgres.url)
        postgres.leave().rename(folder / "postgres")
    if "sqlite" in engines:
        path = folder / "sqlite" / "db.sqlite3"
        path.parent.mkdir()
        _migrate(f"sqlite:///{path}")
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()


def _migrate(url: str) -> None:
    environment = {**os.environ, **SETTINGS, "DATABASE_URL": url, "SECRET_KEY": "x" * 50}
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "-v0"]
    subprocess.run(command, check=True, cwd=ROOT, env=environment)


def wait_until(is_so: object, *, seconds: float, what: str) -> None:
    """Return when `is_so()`; raise `TooSlow` if that takes longer than `seconds`."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TooSlow(f"after {seconds:g} s it is still not so that {what}")
        time.sleep(0.02)


class TooSlow(Exception):
    """Something that should have come about did not; `row` says how things stood then."""

    row: Row | None = None
