"""The two kinds of server that take mail, and how workers are told where they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

from tests.chaos.books import Log
from tests.fakes.esp import EspProcess, Faults
from tests.fakes.smtp import FakeSmtpProcess

SESSIONS = 10  # of each child, to an SMTP server


class WayOut(Protocol):
    log: Log
    environment: dict[str, str]  # for workers
    settings: dict[str, Any]  # the same, for Django in this process

    def start(self, folder: Path) -> None: ...

    def stop(self) -> None: ...


class Smtp:
    """An SMTP server with some manner (`tests.fakes.smtp.Manner`)."""

    def __init__(self, **manner: Any) -> None:
        self._manner = manner

    def start(self, folder: Path) -> None:
        path = folder / "accepted"
        self._process = FakeSmtpProcess(path, **self._manner)
        self._process.__enter__()
        port = self._process.port
        self.log = Log(path, columns=(0, 1, 2))
        self.environment = {
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "SMTP_SESSIONS": str(SESSIONS),
        }
        self.settings = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port, "SMTP_SESSIONS": 1}

    def stop(self) -> None:
        self._process.__exit__()


class Service:
    """A mail service with an interface of its own."""

    def __init__(self, name: str, faults: Faults) -> None:
        self._name, self._faults = name, faults

    def start(self, folder: Path) -> None:
        path = folder / "accepted"
        self._process = EspProcess(self._faults, log=str(path))
        self._process.__enter__()
        self.log = Log(path, columns=(1, 2, 0))
        self.calls_path = Path(f"{path}.calls")
        backend = f"anymail.backends.{self._name}.EmailBackend"
        keys = self._process.anymail()
        self.environment = {"EMAIL_BACKEND": backend, "ANYMAIL": json.dumps(keys)}
        self.settings = {"EMAIL_BACKEND": backend, "ANYMAIL": keys}

    def stop(self) -> None:
        self._process.__exit__()
