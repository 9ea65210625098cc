"""The server in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tests.fakes.smtp.manner import Manner

ROOT = Path(__file__).parents[3]


class FakeSmtpProcess:
    """The server in a process; what it took is in its log."""

    def __init__(self, log: Path | str, *, port: int = 0, **manner: object) -> None:
        self.log, self.port = Path(log), port
        self._manner = json.dumps(asdict(Manner(**manner)))  # type: ignore[arg-type]

    def __enter__(self) -> FakeSmtpProcess:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.smtp", str(self.port), self.log, self._manner],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout
        self._process.stdout.close()

    def recipients(self) -> list[str]:
        """Of every mail that was taken, in order."""
        if not self.log.exists():
            return []
        return [line.partition("\t")[0] for line in self.log.read_text().splitlines()]
