"""The whole product in one folder: its settings, its servers, its sample."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from pathlib import Path
from typing import IO

import httpx2

from newsletter.demo.processes import Processes, answers, free_port
from newsletter.demo.valkey import Valkey

QUEUES = "letters,events,bulk,papers"
WORKER = f"celery -A newsletter.config worker -Q {QUEUES} -c 2 -l INFO --without-mingle"
BEAT = "celery -A newsletter.config beat -l INFO"


class Busy(Exception):
    """Another demo runs in this folder."""


class Product:
    """Everything that `make demo` starts.

    Args:
        folder: keeps the database, the queue, the mails and the logs.
        is_fresh: forget what the folder holds.
    """

    def __init__(self, folder: Path, *, is_fresh: bool, prefers_known_ports: bool) -> None:
        self.folder = folder
        self._lock = _locked(folder)
        if is_fresh:
            for path in folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.mail = folder / "mail"
        (folder / "queue").mkdir(exist_ok=True)
        self.web_port, self.mailbox_port, self.smtp_port = (
            free_port(port if prefers_known_ports else 0) for port in (8000, 8025, 2525)
        )
        self.site_url = f"http://localhost:{self.web_port}"
        self.mailbox_url = f"http://localhost:{self.mailbox_port}"
        self.valkey = Valkey(keep_in=folder / "queue")
        self.processes = Processes(logs=folder / "logs", environment=self._environment())

    def _environment(self) -> dict[str, str]:
        """The variables that the programs run with; the caller's own settings do not count."""
        ours = {
            "DJANGO_SETTINGS_MODULE": "newsletter.config.settings",
            "DATABASE_URL": f"sqlite:///{self.folder / 'db.sqlite3'}",
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": _secret(self.folder / "secret"),
            "SITE_URL": self.site_url,
            "EXTRA_HOSTS": "127.0.0.1",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "MAIL_FROM": "Trending Papers <papers@localhost>",
            "TICK_SECONDS": "2",
            "SWEEP_SECONDS": "2",
            "LEASE_SECONDS": "60",
            "PAPER_SOURCES": "",
            "STAFF_SECOND_FACTOR": "0",  # nobody has a phone at hand for a demo
            "STATIC_MANIFEST": "0",
            "SIGNUPS_AN_HOUR": "1000",
            "SIGNUPS_PER_NETWORK_AN_HOUR": "1000",
        }
        kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
        return {key: os.environ[key] for key in kept if key in os.environ} | ours

    def start(self) -> None:
        """Start the programs and return when all of them are up."""
        run = self.processes
        ports = ["--smtp", str(self.smtp_port), "--http", str(self.mailbox_port)]
        run.start("mailbox", ["newsletter.demo.catcher", *ports, "--folder", str(self.mail)])
        run.start("worker", WORKER.split())
        run.start("beat", [*BEAT.split(), "-s", str(self.folder / "beat"), "--pidfile="])
        web = f"gunicorn newsletter.config.wsgi -b 127.0.0.1:{self.web_port} --threads 8"
        web += " --no-control-socket"  # which would leave a file in the home folder
        run.start("web", web.split())
        run.wait_for("mailbox", lambda: answers(self.smtp_port) and answers(self.mailbox_port))
        run.wait_for("web", self._has_page)
        run.wait_for("worker", lambda: run.says("worker", " ready."))
        run.wait_for("beat", lambda: run.says("beat", "beat: Starting"))

    def stop(self) -> None:
        self.processes.stop()
        self.valkey.stop()
        self._lock.close()

    def _has_page(self) -> bool:
        if not answers(self.web_port):
            return False
        return httpx2.get(self.site_url, timeout=20).status_code == 200


def _locked(folder: Path) -> IO[str]:
    """Take the folder for ourselves; raise `Busy`."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder.with_suffix(".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise Busy(f"another demo is running in {folder}") from error
    return lock


def _secret(path: Path) -> str:
    """A key of this demo's own, kept so that links in its mails stay good."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()
