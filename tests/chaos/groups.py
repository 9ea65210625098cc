"""A Celery worker and its children as a group of processes that can be frozen, read and killed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from newsletter.demo.processes import Processes
from subscriptions import journal
from tests.chaos.servers import wait_until

COMMAND = (
    "celery -A newsletter.config worker -Q bulk -l INFO --without-mingle --without-gossip"
    " --without-heartbeat"
)


class Group:
    """One worker.  Groups that share a `JOURNAL_DIR` are on one machine."""

    def __init__(
        self, name: str, *, logs: Path, environment: Mapping[str, str], children: int, modules: str
    ) -> None:
        self.name = name
        self.journals = Path(environment["JOURNAL_DIR"])
        self.processes = Processes(logs=logs, environment=environment)
        loaded = ["-I", modules] if modules else []
        self.processes.start(
            name, [*COMMAND.split(), "-n", f"{name}@x", "-c", str(children), *loaded]
        )
        self.process = self.processes.running[name]

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_ready(self) -> bool:
        return self.processes.says(self.name, " ready.")

    def wait_until_ready(self) -> None:
        self.processes.wait_for(self.name, self.is_ready)

    def children(self) -> list[int]:
        return family(self.pid)[1:]

    def freeze(self) -> None:
        """Stop every process of the group; return when all have stopped."""
        self.signal(signal.SIGSTOP)
        wait_until(
            lambda: all(_status(pid) in "TZX" for pid in family(self.pid)),
            seconds=10,
            what=f"{self.name} has stopped",
        )

    def signal(self, number: int) -> None:
        os.killpg(self.pid, number)

    def kill(self) -> None:
        """What a power cut does to all of its processes."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            self.kill()


class Ended(Exception):
    """A process was to be frozen, and is gone."""


def freeze(pid: int) -> None:
    """Stop one process; raise `Ended` if it is gone."""
    try:
        os.kill(pid, signal.SIGSTOP)
    except ProcessLookupError as error:
        raise Ended(str(pid)) from error
    deadline = time.monotonic() + 10
    while _status(pid) not in "TZX" and time.monotonic() < deadline:
        time.sleep(0.001)


def in_doubt(pids: list[int], journals: Path, *, even_answered: bool = False) -> set[int]:
    """Entries that these frozen processes handed over, and of which they read no answer.

    Whatever arrives after a process stopped, and before it is killed, is read by nobody: to
    freeze a process, read its journal and kill it is to kill it when it was frozen.
    """
    found: set[int] = set()
    for content in open_journals(pids, journals):
        notes = journal.read(content)
        found |= notes.handed if even_answered else notes.handed - notes.answered
    return found


def open_journals(pids: list[int], journals: Path) -> list[bytes]:
    """What stands in the journals of deliveries that these processes have open."""
    found = []
    for pid in pids:
        with suppress(OSError):  # it has ended
            for link in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):  # closed meanwhile
                    path = link.readlink()
                    if path.parent == journals and path.name.startswith("delivery."):
                        found.append(path.read_bytes())  # fails if it was removed
    return found


def hands_over(pids: list[int], journals: Path) -> bool:
    """Whether one of these processes is in the middle of a chunk."""
    return any(b"\n>" in content for content in open_journals(pids, journals))


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def _status(pid: int) -> str:
    """The kernel's letter: R runs, S sleeps, T is stopped, X is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def choose(chance: random.Random, groups: list[Group]) -> Group | None:
    """Any of the groups that are in the middle of a chunk."""
    busy = [group for group in groups if hands_over(group.children(), group.journals)]
    return chance.choice(busy) if busy else None
