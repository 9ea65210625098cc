"""What all connections share, and what was taken."""

from __future__ import annotations

import os
import random
import re
import ssl
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.fakes.smtp.manner import Fault, Manner

MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class Taken(NamedTuple):
    recipient: str
    message_id: str
    at: float  # seconds since 1970
    size: int
    mail_from: str  # the whole argument of MAIL


class Server:
    """What all connections share."""

    def __init__(self, manner: Manner, log: Path | str | None) -> None:
        self.manner = manner
        self.faults: Sequence[Fault] = manner.faults  # may be changed while it runs
        self.chance = random.Random(manner.seed)
        self.taken: list[Taken] = []
        self.contents: list[bytes] | None = None  # kept if it is a list
        self.empties = 0  # messages of a lone dot that were taken
        self.commands: list[str] | None = None  # kept if it is a list
        self.packets: list[bytes] | None = None  # kept if it is a list
        self.complaints: list[str] = []  # commands out of order
        self.connections = 0
        self.open: set[Any] = set()  # its connections, now
        self.open_most = 0
        self.tls = None
        if manner.certfile:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(manner.certfile)
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if log else None

    def take(self, recipient: str, mail_from: str, content: bytes) -> None:
        found = MESSAGE_ID.search(content, 0, 4096)
        message_id = found[1].decode(errors="replace") if found else ""
        now = time.time()
        self.taken.append(Taken(recipient, message_id, now, len(content), mail_from))
        if self.contents is not None:
            self.contents.append(content)
        if self._log is not None:
            os.write(self._log, f"{recipient}\t{message_id}\t{now:.6f}\n".encode())

    def fault(self, at: str, *, recipient: str, taken: int) -> Fault | None:
        for fault in self.faults:
            fits = fault.at == at and taken >= fault.after and fault.only in recipient
            if fits and (fault.share >= 1 or self.chance.random() < fault.share):
                return fault
        return None

    def close(self) -> None:
        if self._log is not None:
            os.close(self._log)
