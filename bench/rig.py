"""Real servers and programs for the benchmarks that need the whole product."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

# ruff: noqa: E402  # the path comes first
from newsletter.demo.processes import Processes, answers, free_port
from newsletter.demo.valkey import Valkey
from tests.postgres import DURABLE, Postgres

TOOLS = os.pathsep.join((os.environ["PATH"], "/usr/sbin"))
TICK = os.sysconf("SC_CLK_TCK")


def tool(name: str) -> str:
    """Return the path of one of postfix's programs, or end with a sentence."""
    found = shutil.which(name, path=TOOLS)
    if found is None:
        raise SystemExit(f"{name} is not installed; Debian has it in the package postfix")
    return found


class Rig:
    """A durable Postgres, a Valkey, and the environment of our programs; ends with Python."""

    def __init__(self, **environment: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nl-", dir="/tmp"))
        self.postgres = Postgres(DURABLE)
        self.valkey = Valkey()
        os.environ.update(
            DJANGO_SETTINGS_MODULE="newsletter.config.settings",
            DATABASE_URL=self.postgres.url,
            REDIS_URL=self.valkey.url,
            SECRET_KEY=secrets.token_urlsafe(50),
            SITE_URL="https://news.example.org",
            MAIL_FROM="Trending Papers <digest@news.example.org>",
            STATIC_MANIFEST="0",
            LOG_LEVEL="WARNING",
            JOURNAL_DIR=str(self.folder / "journal"),
            **environment,
        )
        self.processes = Processes(logs=self.folder / "logs", environment=os.environ)
        atexit.register(self.stop)

    def migrate(self) -> None:
        subprocess.run(  # noqa: S603
            [sys.executable, ROOT / "manage.py", "migrate", "-v0"], check=True, cwd=ROOT
        )

    def start_worker(self, queues: str = "bulk", *, children: int = 2) -> int:
        """Start a worker and return its process id when it is ready."""
        command = f"celery -A newsletter.config worker -Q {queues} -c {children} -l INFO"
        self.processes.start("worker", [*command.split(), "--without-mingle", "--without-gossip"])
        self.processes.wait_for("worker", lambda: self.processes.says("worker", " ready."))
        return self.processes.running["worker"].pid

    def start_sink(self) -> int:
        """Start postfix's smtp-sink and return its port."""
        port = free_port()
        as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [tool("smtp-sink"), *as_nobody, f"127.0.0.1:{port}", "1000"]
        sink = subprocess.Popen(command)  # noqa: S603
        atexit.register(sink.terminate)
        while not answers(port):
            time.sleep(0.05)
        return port

    def stop(self) -> None:
        self.processes.stop()
        self.valkey.stop()
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def smtp_source(port: int, *, count: int, octets: int, sessions: int = 20) -> float:
    """Return mails per second of postfix's smtp-source, which keeps its connections open."""
    command = [
        tool("smtp-source"), "-d", "-s", str(sessions), "-m", str(count), "-l", str(octets),
        "-f", "digest@news.example.org", "-t", "reader@example.net", f"127.0.0.1:{port}",
    ]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(command, check=True, timeout=300)  # noqa: S603
    return count / (time.perf_counter() - began)


def family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(OSError):
                found += [int(child) for child in task.read_text().split()]
    return found


def cpu_seconds(*pids: int) -> float:
    """Return what these processes, and children of theirs that ended, used of the processors."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
    return total / TICK


def memory_megabytes(pid: int) -> float:
    """Return the most memory that a process had so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
