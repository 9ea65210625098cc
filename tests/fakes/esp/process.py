"""The service in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tests.fakes.esp.manner import Accepted, Faults, anymail

ROOT = Path(__file__).parents[3]


class EspProcess:
    """The service in a process of its own.  `log` is the path of a file with a line for each
    accepted message: time, recipient, key."""

    def __init__(self, faults: Faults | None = None, *, log: str, port: int = 0) -> None:
        self.faults, self.path, self._port = faults or Faults(), Path(log).absolute(), port

    def start(self) -> EspProcess:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.fakes.esp"),
                *(str(self._port), self.path, json.dumps(asdict(self.faults))),
            ],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.url = self._process.stdout.readline().strip()
        return self

    def stop(self) -> None:
        self._process.communicate()  # it ends when its input does

    def __enter__(self) -> EspProcess:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def anymail(self) -> dict[str, object]:
        return anymail(self.url)

    @property
    def log(self) -> list[Accepted]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        fields = (line.split("\t") for line in lines)
        return [Accepted(to, key, float(at), 0) for at, to, key in fields]
