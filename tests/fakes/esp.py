"""A mail service on 127.0.0.1 that speaks like several real ones, counts, and misbehaves.

    with FakeEsp(Faults(drop=0.01, keys=86400)) as esp:
        settings.ANYMAIL = esp.anymail("resend")   # keys and addresses for Anymail
        ...
        esp.log                                     # every message that it accepted

In a process of its own, for benches and where workers are killed:

    with EspProcess(Faults(latency=0.05), log="/tmp/x/accepted") as esp: ...

Postmark, Resend, Mailjet and Mailtrap one by one and in batches; SendGrid, Mailgun and Brevo
one by one and as Anymail merges.  Recipients choose their luck by their local part, too:
"bad..." is an address that the service calls invalid, "inactive..." one that it will not mail.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from email.utils import formatdate, parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

# JSON text has no bare quotes, so these find keys and never something within a text.
TO = re.compile(rb'"[Tt]o": (?:\[)?(?:\{"[Ee]mail": )?"([^"]*)"')
KEY = re.compile(rb'entry\\?": \\?"([\w.-]+)')
MULTIPART_TO = re.compile(rb'name="to"\r\n\r\n([^\r]*)')
REASONS = {200: "OK", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized", 409: "Conflict"}


@dataclass
class Faults:
    """What goes wrong.  Numbers without a unit are probabilities for each call, 0 to 1."""

    latency: float = 0.0  # seconds before each answer
    drop: float = 0.0  # accepts, then closes without an answer
    busy: float = 0.0  # 429
    retry_after: str = ""  # its header: seconds, or "date" for a date 30 s from now
    broken: float = 0.0  # 500, for `burst` calls in a row
    burst: int = 1
    item_errors: float = 0.0  # for each message of a batch, refused with a reason of its own
    short: float = 0.0  # some items are missing in the answer of a batch
    reordered: float = 0.0  # its items stand in another order
    bad_json: float = 0.0
    empty: float = 0.0  # 200, and nothing
    drip: float = 0.0  # an answer that never ends
    strict: bool = False  # one bad message in a batch and all are refused: 422
    unauthorised: bool = False  # 401
    keys: float = 0.0  # seconds for which idempotency keys are known; 0: it has none
    seed: int = 1


@dataclass(frozen=True)
class Accepted:
    """One message that was accepted."""

    recipient: str
    key: str  # the metadata "entry"
    at: float  # Unix time
    call: int  # messages with the same number came in one call


@dataclass
class Request:
    """What came in one call, and what shall be answered."""

    service: str
    number: int
    headers: dict[str, str]
    body: bytes
    is_batch: bool
    messages: list[tuple[str, str]] = field(default_factory=list)  # recipient, key


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
                method, headers, body = _read_request(connection)
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
            request = Request(_service(target, headers), self._calls, headers, body,
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
            self.bodies.append(_decoded(request.body))
        request.messages = _messages(request)
        name = _idempotency_key(request)
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
        if any(verdicts) and (self.faults.strict or not _answers_each(request)):
            return 422, _refusal(request, next(filter(None, verdicts)))
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
        if not _answers_each(request):
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


class EspProcess:
    """The service in a process of its own.  `log` is the path of a file with a line for each
    accepted message: time, recipient, key."""

    def __init__(self, faults: Faults | None = None, *, log: str, port: int = 0) -> None:
        self.faults, self.path, self._port = faults or Faults(), Path(log), port

    def start(self) -> EspProcess:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self._port), self.path, json.dumps(asdict(self.faults))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
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


def anymail(url: str) -> dict[str, object]:
    """Settings for Anymail: every service that this one can play, at this address."""
    return {
        "POSTMARK_SERVER_TOKEN": "token", "POSTMARK_API_URL": f"{url}/postmark/",
        "RESEND_API_KEY": "token", "RESEND_API_URL": f"{url}/resend/",
        "MAILJET_API_KEY": "token", "MAILJET_SECRET_KEY": "s", "MAILJET_API_URL": f"{url}/mailjet/",
        "MAILTRAP_API_TOKEN": "token", "MAILTRAP_API_URL": f"{url}/mailtrap/",
        "SENDGRID_API_KEY": "token", "SENDGRID_API_URL": f"{url}/sendgrid/",
        "MAILGUN_API_KEY": "token", "MAILGUN_API_URL": f"{url}/mailgun/",
        "MAILGUN_SENDER_DOMAIN": "news.example.org",
        "BREVO_API_KEY": "token", "BREVO_API_URL": f"{url}/brevo/",
    }  # fmt: skip


# --- reading what comes ---------------------------------------------------------------------


def _read_request(connection: socket.socket) -> tuple[str, dict[str, str], bytes]:
    got = bytearray()
    while (end := got.find(b"\r\n\r\n")) < 0:
        part = connection.recv(65536)
        if not part:
            raise EOFError
        got += part
    first, *lines = got[:end].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = bytearray(int(headers.get("content-length", "0")))
    have = len(got) - end - 4
    body[:have] = got[end + 4 :]
    view = memoryview(body)
    while have < len(body):
        count = connection.recv_into(view[have:])
        if not count:
            raise EOFError
        have += count
    return first.split()[1], headers, bytes(body)


def _service(target: str, headers: dict[str, str]) -> str:
    return target.split("/")[1]


def _decoded(body: bytes) -> Any:
    return json.loads(body) if body[:1] in b"[{" else body


def _messages(request: Request) -> list[tuple[str, str]]:
    if request.service == "mailgun":
        return _mailgun_messages(request)
    found = [json.loads(b'"%s"' % to) for to in TO.findall(request.body)]
    keys = [key.decode() for key in KEY.findall(request.body)]
    if len(keys) != len(found):
        keys = [""] * len(found)
    request.is_batch = request.is_batch or (request.service == "mailjet" and len(found) > 1)
    return [(parseaddr(to)[1], key) for to, key in zip(found, keys, strict=True)]


def _mailgun_messages(request: Request) -> list[tuple[str, str]]:
    fields = parse_qs(request.body.decode())
    together = fields.get("to", [])
    if not together:
        together = [to.decode() for to in MULTIPART_TO.findall(request.body)]
    found = [to.strip() for part in together for to in part.split(",")]
    return [(parseaddr(to)[1], fields.get("v:entry", [""])[0]) for to in found]


def _idempotency_key(request: Request) -> str:
    if request.service == "brevo":
        return str(_decoded(request.body).get("headers", {}).get("idempotencyKey", ""))
    return request.headers.get("idempotency-key", "")


# --- how the services speak -----------------------------------------------------------------


def _answers_each(request: Request) -> bool:
    """Whether the answer tells of each message."""
    if request.service == "resend":
        return request.is_batch and "x-batch-validation" in request.headers
    return request.service in ITEM


def _refusal(request: Request, verdict: str) -> Any:
    return {"name": "validation_error", "message": f"{verdict}: {request.messages[0][0]}",
            "ErrorCode": 300, "Message": f"refused: {verdict}", "success": False}  # fmt: skip


def _postmark(to: str, verdict: str) -> Any:
    match verdict:
        case "":
            return {"ErrorCode": 0, "Message": "OK", "MessageID": f"id-{to}", "To": to}
        case "inactive":
            return {"ErrorCode": 406, "Message": "You tried to send to a recipient that has been"
                    f" marked as inactive. Found inactive addresses: {to}. Inactive recipients are"
                    " ones that have generated a hard bounce."}  # fmt: skip
        case "invalid":
            return {"ErrorCode": 300, "Message": f"Invalid 'To' address: '{to}'."}
        case "ours":
            return {"ErrorCode": 405, "Message": "Not allowed to send: no credits left."}
        case _:
            return {"ErrorCode": 300, "Message": "Invalid metadata content."}


def _mailjet(to: str, verdict: str) -> Any:
    if not verdict:
        return {"Status": "success", "To": [{"Email": to, "MessageID": 7, "MessageUUID": "7"}]}
    status = 403 if verdict == "ours" else 400
    error = {"ErrorCode": "mj-0013", "StatusCode": status, "ErrorMessage": f"{verdict}: {to}"}
    return {"Status": "error", "Errors": [error]}


def _mailtrap(to: str, verdict: str) -> Any:
    if verdict:
        return {"success": False, "errors": [f"'to' address is {verdict}"]}
    return {"success": True, "message_ids": [f"id-{to}"]}


ITEM = {"postmark": _postmark, "mailjet": _mailjet, "mailtrap": _mailtrap}
SINGLE = {
    "resend": lambda request, to: (
        200, {"data": [{"id": f"id-{one}"} for one in to]} if request.is_batch
        else {"id": f"id-{to[0]}"},
    ),
    "sendgrid": lambda request, to: (202, b""),
    "mailgun": lambda request, to: (200, {"id": f"<{request.number}@x>", "message": "Queued."}),
    "brevo": lambda request, to: (
        201, {"messageId": f"<{request.number}@x>"} if len(to) == 1
        else {"messageIds": [f"<{request.number}.{n}@x>" for n in range(len(to))]},
    ),
}  # fmt: skip


def main(port: int, log: str, faults: str) -> None:
    """Print the address when up; end when standard input does."""
    esp = FakeEsp(Faults(**json.loads(faults)), log=log).start(port)
    print(esp.url, flush=True)  # noqa: T201
    sys.stdin.read()
    esp.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
