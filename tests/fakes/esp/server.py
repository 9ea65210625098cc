"""The service in threads of this process: what it takes, what it says, and what goes wrong."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import socket
import threading
import time
from email.utils import formatdate
from typing import Any

from tests.fakes.esp.dialects import ITEM, SINGLE, answers_each, refusal
from tests.fakes.esp.manner import Accepted, Faults, Request, anymail
from tests.fakes.esp.reading import decoded, key_of, messages_of, read_request, service_of

REASONS = {200: "OK", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized", 409: "Conflict"}


class FakeEsp:
    """The service in threads of this process."""

    def __init__(self, faults: Faults | None = None, *, log: str = "", keep: bool = False) -> None:
        self.faults = faults or Faults()
        self.log: list[Accepted] = []
        self.bodies: list[Any] = []  # decoded, if `keep`
        self.requests: list[tuple[float, str, int]] = []  # time, service, status; 0: no answer
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(log, flags) if log else None
        self._calls_file = os.open(f"{log}.calls", flags) if log else None  # time, status
        self._keep = keep
        self._random = random.Random(self.faults.seed)
        self._lock = threading.Lock()
        # (in a batch, key) -> when, digest, answer
        self._known: dict[tuple[bool, str], tuple[float, str, Any]] = {}
        self._burst_left = self._calls = 0
        self._open: set[socket.socket] = set()
        self._stopped = threading.Event()

    def start(self, port: int = 0) -> FakeEsp:
        self._server = socket.create_server(("127.0.0.1", port), backlog=128)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def stop(self) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> FakeEsp:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def anymail(self) -> dict[str, object]:
        return anymail(self.url)

    def known_keys(self) -> list[str]:
        return [key for _, key in self._known]

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                method, headers, body = read_request(connection)
                answer = self._answer(method, headers, body)
                if answer is None:
                    break
                self._write(connection, *answer)
        with self._lock:
            self._open.discard(connection)
        connection.close()

    # --- what to answer ---------------------------------------------------------------------

    def _answer(
        self, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes, dict[str, str]] | None:
        """(status, content, headers), or None to hang up."""
        if self.faults.latency:
            time.sleep(self.faults.latency)
        with self._lock:
            self._calls += 1
            request = Request(service_of(target, headers), self._calls, headers, body,
                              "/batch" in target)  # fmt: skip
            status, said, more = self._decide(request)
            self.requests.append((time.time(), request.service, status))
            if self._calls_file is not None:
                os.write(self._calls_file, f"{time.time():.6f}\t{status}\n".encode())
        if status == 0:
            return None
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        return status, content, more

    def _decide(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        return self._at_the_door() or self._spoil_answer(*self._with_key(request))

    def _at_the_door(self) -> tuple[int, Any, dict[str, str]] | None:
        faults = self.faults
        if faults.unauthorised:
            return 401, {"ErrorCode": 10, "Message": "Bad or missing API token."}, {}
        if self._happens(faults.busy):
            return 429, {"message": "slow down"}, self._retry_after()
        if self._burst_left or self._happens(faults.broken):
            self._burst_left = (self._burst_left or faults.burst) - 1
            return 500, {"message": "broken"}, {}
        return None

    def _spoil_answer(self, status: int, said: Any) -> tuple[int, Any, dict[str, str]]:
        faults = self.faults
        if self._happens(faults.drop):
            return 0, b"", {}
        if self._happens(faults.bad_json):
            return 200, b"<html>{not JSON", {}
        if self._happens(faults.empty):
            return 200, b"", {}
        return status, said, {"X-Drip": "1"} if self._happens(faults.drip) else {}

    def _with_key(self, request: Request) -> tuple[int, Any]:
        if self._keep:
            self.bodies.append(decoded(request.body))
        request.messages = messages_of(request)
        name = key_of(request)
        key = (request.is_batch, name)
        if not self.faults.keys or not name:
            return self._take(request)
        digest = hashlib.sha256(request.body).hexdigest()
        at, known_digest, answer = self._known.get(key, (0.0, "", None))
        if time.time() - at < self.faults.keys:
            if request.service == "brevo":
                return 400, {"code": "duplicate_parameter", "message": "key was used"}
            if digest != known_digest:
                said = {"statusCode": 409, "name": "invalid_idempotent_request", "message": "used"}
                return 409, said
            return 200, answer
        status, said = self._take(request)
        if status < 300:
            self._known[key] = (time.time(), digest, said)
        return status, said

    def _take(self, request: Request) -> tuple[int, Any]:
        """Accept what can be accepted; the service's answer about all of it."""
        verdicts = [self._verdict(recipient, request) for recipient, _ in request.messages]
        if any(verdicts) and (self.faults.strict or not answers_each(request)):
            return 422, refusal(request, next(filter(None, verdicts)))
        now = time.time()
        taken = [
            Accepted(recipient, key, now, request.number)
            for (recipient, key), verdict in zip(request.messages, verdicts, strict=True)
            if not verdict
        ]
        self.log += taken
        if self._file is not None and taken:
            lines = "".join(f"{one.at:.6f}\t{one.recipient}\t{one.key}\n" for one in taken)
            os.write(self._file, lines.encode())
        return self._said(request, verdicts)

    def _verdict(self, recipient: str, request: Request) -> str:
        """Why this one is refused; empty if it is not."""
        local = recipient.partition("@")[0]
        if local.startswith("inactive"):
            return "inactive"
        if local.startswith("bad"):
            return "invalid"
        if request.is_batch and self._happens(self.faults.item_errors):
            return self._random.choice(["inactive", "invalid", "ours", "nameless"])
        return ""

    def _said(self, request: Request, verdicts: list[str]) -> tuple[int, Any]:
        recipients = [recipient for recipient, _ in request.messages]
        if not answers_each(request):
            return SINGLE[request.service](request, recipients)
        pairs = list(zip(recipients, verdicts, strict=True))
        if request.service == "resend":
            data = [{"id": f"id-{to}"} for to, verdict in pairs if not verdict]
            errors = [{"index": n, "message": f"The `to` field is {verdict}."}
                      for n, (_, verdict) in enumerate(pairs) if verdict]  # fmt: skip
            return 200, {"data": self._spoil(data), **({"errors": errors} if errors else {})}
        items = [ITEM[request.service](to, verdict) for to, verdict in pairs]
        items = self._spoil(items, can_reorder=request.service != "mailtrap")  # it names nobody
        if request.service == "mailjet":
            return (400 if any(verdicts) else 200), {"Messages": items}
        if not request.is_batch:
            is_refused = request.service == "postmark" and verdicts[0]
            return (422 if is_refused else 200), items[0]
        if request.service == "mailtrap":
            return 200, {"success": True, "responses": items}
        return 200, items

    def _spoil(self, items: list[Any], *, can_reorder: bool = True) -> list[Any]:
        if len(items) > 1 and self._happens(self.faults.short):
            kept = self._random.sample(range(len(items)), self._random.randrange(1, len(items)))
            items = [items[number] for number in sorted(kept)]
        if can_reorder and self._happens(self.faults.reordered):
            self._random.shuffle(items)
        return items

    def _happens(self, chance: float) -> bool:
        return chance > 0 and self._random.random() < chance

    def _retry_after(self) -> dict[str, str]:
        said = self.faults.retry_after
        if said == "date":
            said = formatdate(time.time() + 30, usegmt=True)
        return {"Retry-After": said} if said else {}

    def _write(
        self, connection: socket.socket, status: int, content: bytes, more: dict[str, str]
    ) -> None:
        drips = more.pop("X-Drip", None) is not None
        length = 10_000_000 if drips else len(content)
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'x')}", "Content-Type: application/json",
                 f"Content-Length: {length}", *(f"{k}: {v}" for k, v in more.items())]  # fmt: skip
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + content)
        while drips and not self._stopped.wait(0.02):
            connection.sendall(b" ")
