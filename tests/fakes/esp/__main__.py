"""`python -m tests.fakes.esp PORT LOG FAULTS`: says its address, and ends with its input."""

from __future__ import annotations

import json
import sys

from tests.fakes.esp.manner import Faults
from tests.fakes.esp.server import FakeEsp


def main(port: int, log: str, faults: str) -> None:
    esp = FakeEsp(Faults(**json.loads(faults)), log=log).start(port)
    print(esp.url, flush=True)  # noqa: T201
    sys.stdin.read()
    esp.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
