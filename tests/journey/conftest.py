"""Real processes around the test's own database: a worker, beat, and an SMTP server."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter

import pytest
from aiosmtpd.controller import Controller
from django.db import connection

from newsletter.demo.processes import Processes, free_port

QUEUES = "letters,events,bulk,papers"
WORKER = f"celery -A newsletter.config worker -Q {QUEUES} -c 2 -l INFO --without-mingle"


class Sink:
    """An SMTP server that takes everything, counts per recipient, and answers late.

    Between taking and answering the sender does not know: there a kill hurts most.
    """

    def __init__(self, *, delay: float) -> None:
        self.delay = delay
        self.also = None  # another handler that gets every mail
        self.taken: Counter[str] = Counter()
        self.message_ids: Counter[str] = Counter()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
        self.taken.update(envelope.rcpt_tos)
        headers = envelope.content.split(b"\r\n\r\n", 1)[0].decode().splitlines()
        self.message_ids.update(h for h in headers if h.lower().startswith("message-id:"))
        if self.also:
            await self.also.handle_DATA(server, session, envelope)
        await asyncio.sleep(self.delay)
        return "250 taken"


class Machinery:
    """Workers and beat on the test's database, with short times so that a test can wait."""

    def __init__(self, processes: Processes, folder) -> None:
        self.processes = processes
        self.folder = folder
        self.serial = 0

    def start_worker(self) -> str:
        self.serial += 1
        name = f"worker-{self.serial}"
        self.processes.start(name, WORKER.split())
        self.processes.wait_for(name, lambda: self.processes.says(name, " ready."))
        return name

    def start_beat(self) -> None:
        schedule = str(self.folder / "beat")
        self.processes.start(
            "beat", ["celery", "-A", "newsletter.config", "beat", "-s", schedule, "--pidfile="]
        )

    def kill_worker(self, name: str) -> None:
        """What a power cut does to the worker and all of its children."""
        process = self.processes.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def sink():
    handler = Sink(delay=0.02)
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


@pytest.fixture
def machinery(transactional_db, tmp_path, sink):
    """Machinery whose mails go to `sink`; everything ends with the test."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "newsletter.config.settings",
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        "PAPER_SOURCES": "",
        "TICK_SECONDS": "1",
        "SWEEP_SECONDS": "1",
        "LEASE_SECONDS": "3",
        "UNCERTAIN": "park",
        "UNCERTAIN_WAIT_SECONDS": "3600",
        "SITE_URL": "http://localhost:1",
        "JOURNAL_DIR": str(tmp_path / "worker-journal"),
        "CLAIM_SIZE": "50",
    }
    processes = Processes(logs=tmp_path / "logs", environment=environment)
    yield Machinery(processes, tmp_path)
    processes.stop()


def database_url() -> str:
    """The address of the database that this very test uses."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return os.environ["DATABASE_URL"].replace("/postgres?", f"/{name}?")


@pytest.fixture
def wait_until():
    """Wait for a condition; fail the test if that takes too long."""

    def wait(is_so, *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                pytest.fail(f"still not so after {seconds} s")
            time.sleep(0.05)

    return wait
