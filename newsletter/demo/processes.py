"""Start the programs of the product, wait until they are up, and stop them all."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

START_SECONDS = 40.0
STOP_SECONDS = 12.0
PR_SET_PDEATHSIG = 1


class NotStarted(Exception):
    """A program ended or did not come up in time; the message has the end of its log."""


def free_port(preferred: int = 0) -> int:
    """Return `preferred` if nobody listens there, else any free port of this machine."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise NotStarted("this machine has no free port")


def answers(port: int) -> bool:
    """True if something accepts connections on that port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Processes:
    """Programs that live and die together."""

    def __init__(self, *, logs: Path, environment: Mapping[str, str]) -> None:
        self.logs = logs
        self.environment = dict(environment)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Run `python -m ARGUMENTS` with its output in `logs`/`name`.log."""
        with self.log(name).open("wb") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # no thread runs yet that locks
            )

    def wait_for(self, name: str, is_up: Callable[[], bool]) -> None:
        """Return when `is_up()`; raise `NotStarted` if the program ends or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while not is_up():
            if self.running[name].poll() is not None or time.monotonic() > deadline:
                raise NotStarted(f"{name} did not start:\n{self.tail(name)}")
            time.sleep(0.05)

    def says(self, name: str, words: str) -> bool:
        """True if the program's log has these words."""
        return words in self.log(name).read_text(encoding="utf-8", errors="replace")

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def tail(self, name: str, lines: int = 15) -> str:
        text = self.log(name).read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def ended(self) -> str | None:
        """Return the name of a program that is no longer running, if there is one."""
        return next((n for n, p in self.running.items() if p.poll() is not None), None)

    def stop(self) -> None:
        """End all: ask politely, wait, then kill.  The rows are the truth, so that is safe."""
        for process in self.running.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
        for process in self.running.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.running.clear()


def die_with_parent() -> None:
    """On Linux: if the one that started us is killed, end as well, so that no orphan is left."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
