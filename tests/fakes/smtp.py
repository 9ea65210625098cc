"""A real SMTP server that takes mails, remembers which, and fails as it was told to.

In a thread: `with FakeSmtp(faults=[Fault("RCPT", "550 no")]) as server: server.port`.
In a process of its own: `with FakeSmtpProcess(log, …) as server`, or
`python -m tests.fakes.smtp PORT LOG '{"pipelining": false}'`.
Each mail that is taken becomes one line of the file `log`, before it is answered:
recipient, Message-ID and seconds since 1970, with tabs between.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import re
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PATH = re.compile(r"(?:FROM|TO):<([^<>]*)>(.*)", re.IGNORECASE)
MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
END = b"\r\n.\r\n"


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and when.

    The first one that fits is done: it says `reply` instead of the usual answer, and then
    closes the connection, or falls silent, if so told.
    """

    at: str  # GREETING, EHLO, MAIL, RCPT, DATA, RSET, CONTENT (its first octets have come),
    # DOT (all has come and is not taken), TAKEN (it is, not answered), ANSWERED (and that)
    reply: str = ""  # one or more lines; may be no reply at all
    then: str = ""  # "close", "reset" or "hang"
    only: str = ""  # recipients that contain this (not for GREETING, EHLO and MAIL)
    share: float = 1.0  # at random
    after: int = 0  # mails that this connection has taken


@dataclass(frozen=True)
class Manner:
    """How the server is, apart from its faults."""

    pipelining: bool = True
    size: int = 0  # the most octets of a mail; announced unless 0
    utf8: bool = False
    greets_after: float = 0.0  # seconds
    replies_after: float = 0.0  # seconds
    byte_by_byte: bool = False  # each octet of a reply in a packet of its own
    many_lines: bool = False  # every reply has three
    data_anyway: bool = False  # 354 to DATA though no recipient was taken
    rcpt_anyway: bool = False  # takes a recipient though the sender was refused
    takes_nothing: bool = False  # and 250 to a lone dot
    certfile: str = ""  # offers STARTTLS, with the key in the same file
    tls_at_once: bool = False  # TLS from the first octet
    user: str = ""  # who must sign in
    password: str = ""
    seed: int = 0
    faults: tuple[Fault, ...] = field(default=())


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
        self.open: set[Connection] = set()
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


class Connection(asyncio.Protocol):
    """One client.  Commands are answered in order; content is looked at only for its end."""

    def __init__(self, server: Server) -> None:
        self.server, self.manner = server, server.manner
        self.transport: asyncio.Transport
        self.buffer = bytearray()
        self.searched = 0  # octets of `buffer` that hold no end
        self.is_content = False
        self.is_mute = False  # answers nothing more
        self.is_signed_in = not self.manner.user
        self.mail_from: str | None = None
        self.recipient = ""
        self.refused = ""  # the recipient that was
        self.taken = 0
        self.is_counted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        server = self.server
        server.connections += 1
        server.open.add(self)
        server.open_most = max(server.open_most, len(server.open))
        if self.manner.greets_after:
            asyncio.get_running_loop().call_later(self.manner.greets_after, self.greet)
        else:
            self.greet()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_mute = True
        self.server.open.discard(self)

    def greet(self) -> None:
        self.answer("GREETING", "220 fake.example ESMTP")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.server.packets is not None:
            self.server.packets.append(data)
        while self.buffer and not self.is_mute:
            if not (self.content() if self.is_content else self.command()):
                break

    def command(self) -> bool:
        line, end, rest = self.buffer.partition(b"\n")
        if not end:
            return False
        self.buffer = rest
        verb, _, argument = line.decode(errors="replace").strip().partition(" ")
        if self.server.commands is not None:
            self.server.commands.append(line.decode(errors="replace").strip())
        step = getattr(self, f"on_{verb.lower()}", None)
        if step:
            step(argument)
        else:
            self.complain(f"500 what is {verb[:20]}")
        return True

    def content(self) -> bool:
        if self.buffer.startswith(b".\r\n"):
            length = size = 3
        else:
            if self.faulty("CONTENT"):
                return False
            found = self.buffer.find(END, self.searched)
            if found < 0:
                self.searched = max(0, len(self.buffer) - len(END))
                return False
            length, size = found + 2, found + len(END)
        content = bytes(memoryview(self.buffer)[:length]) if size > 3 else b""
        del self.buffer[:size]
        self.searched, self.is_content = 0, False
        self.end(content)
        return True

    def end(self, content: bytes) -> None:
        sender, recipient = self.mail_from or "", self.recipient
        if not recipient:
            self.forget()
            self.server.empties += self.manner.takes_nothing
            self.say("250 taken" if self.manner.takes_nothing else "554 5.5.1 no valid recipients")
            return
        if not self.faulty("DOT"):
            if not content:
                self.server.empties += 1
            self.server.take(recipient, sender, content)
            self.taken += 1
            if not self.faulty("TAKEN"):
                self.say(f"250 2.0.0 Ok: queued as Q{len(self.server.taken)}")
                self.faulty("ANSWERED")
        self.forget()

    def forget(self) -> None:
        self.mail_from, self.recipient, self.refused = None, "", ""

    def on_ehlo(self, argument: str) -> None:
        manner = self.manner
        offers = ["fake.example"]
        offers += ["PIPELINING"] * manner.pipelining + [f"SIZE {manner.size}"] * bool(manner.size)
        offers += ["8BITMIME"] + ["SMTPUTF8"] * manner.utf8
        is_plain = self.transport.get_extra_info("sslcontext") is None
        offers += ["STARTTLS"] * bool(self.server.tls and is_plain)
        offers += ["AUTH PLAIN"] * bool(manner.user)
        lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
        self.answer("EHLO", "\r\n".join(lines))

    def on_starttls(self, argument: str) -> None:
        self.say("220 go ahead")
        self.buffer.clear()
        self.encryption = asyncio.ensure_future(self.encrypt())

    async def encrypt(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            encrypted = await loop.start_tls(
                self.transport, self, self.server.tls, server_side=True
            )
        except (OSError, ConnectionError):
            self.transport.close()
        else:
            self.transport = encrypted

    def on_auth(self, argument: str) -> None:
        _, _, given = argument.partition(" ")
        wanted = f"\0{self.manner.user}\0{self.manner.password}".encode()
        self.is_signed_in = base64.b64decode(given) == wanted
        self.say("235 welcome" if self.is_signed_in else "535 5.7.8 who are you")

    def on_mail(self, argument: str) -> None:
        found = PATH.fullmatch(argument)
        if not self.is_signed_in:
            self.say("530 5.7.0 sign in first")
        elif self.mail_from is not None or not found:
            self.complain("503 5.5.1 nested MAIL")
        elif not self.faulty("MAIL"):
            self.mail_from = argument
            self.say("250 2.1.0 Ok")

    def on_rcpt(self, argument: str) -> None:
        found = PATH.fullmatch(argument)
        self.refused = found[1] if found else ""
        if not found:
            self.complain("501 5.5.4 whom")
        elif self.mail_from is None and not self.manner.rcpt_anyway:
            self.say("503 5.5.1 RCPT before MAIL")  # it came along with a MAIL that was refused
        elif not self.faulty("RCPT"):
            self.recipient, self.refused = found[1], ""
            self.say("250 2.1.5 Ok")

    def on_data(self, argument: str) -> None:
        if not self.recipient and not self.manner.data_anyway:
            self.say("554 5.5.1 no valid recipients")
        elif not self.faulty("DATA"):
            self.is_content = True
            self.say("354 go on")

    def on_rset(self, argument: str) -> None:
        self.forget()
        self.answer("RSET", "250 2.0.0 Ok")

    def on_noop(self, argument: str) -> None:
        self.say("250 2.0.0 Ok")

    def on_quit(self, argument: str) -> None:
        self.say("221 2.0.0 Bye")
        self.close()

    def complain(self, text: str) -> None:
        self.server.complaints.append(text)
        self.say(text)

    def answer(self, at: str, usual: str) -> None:
        if not self.faulty(at):
            self.say(usual)

    def faulty(self, at: str) -> bool:
        """Do what goes wrong at this point, if anything does."""
        fault = self.server.fault(at, recipient=self.recipient or self.refused, taken=self.taken)
        if fault is None:
            return False
        if fault.reply:
            self.say(fault.reply)
        if fault.then:
            self.is_mute = True
        if fault.then == "close":
            self.close()
        elif fault.then == "hang":
            self.transport.pause_reading()
        elif fault.then == "reset":
            self.later(self.transport.abort)
        return True

    def say(self, text: str) -> None:
        if self.manner.many_lines and text[:3].isdigit() and text[3:4] == " ":
            code, rest = text[:3], text[4:]
            text = f"{code}-so it is\r\n{code}-\r\n{code} {rest}"
        data = f"{text}\r\n".encode()
        for part in [bytes([octet]) for octet in data] if self.manner.byte_by_byte else [data]:
            self.later(self.transport.write, part)

    def close(self) -> None:
        self.later(self.transport.close)

    def later(self, act: Callable[..., object], *given: object) -> None:
        if self.transport.is_closing():
            return
        if self.manner.replies_after:
            asyncio.get_running_loop().call_later(self.manner.replies_after, act, *given)
        else:
            act(*given)


async def serve(server: Server, port: int) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    tls = server.tls if server.manner.tls_at_once else None
    return await loop.create_server(
        lambda: Connection(server), "127.0.0.1", port, ssl=tls, backlog=1000
    )


class FakeSmtp(Server):
    """The server in a thread; its records can be read at any time."""

    def __init__(
        self,
        faults: Iterable[Fault] = (),
        *,
        log: Path | str | None = None,
        port: int = 0,
        **manner: object,
    ) -> None:
        super().__init__(Manner(faults=tuple(faults), **manner), log)  # type: ignore[arg-type]
        self.port = port
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fake-smtp", daemon=True)

    @property
    def recipients(self) -> list[str]:
        return [taken.recipient for taken in self.taken]

    def __enter__(self) -> FakeSmtp:
        self._thread.start()
        if not self._up.wait(10):
            raise RuntimeError("the fake server does not start")
        return self

    def drop_all(self) -> None:
        """Close every connection."""
        for connection in list(self.open):
            self._loop.call_soon_threadsafe(connection.transport.close)

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        listener = await serve(self, self.port)
        self.port = listener.sockets[0].getsockname()[1]
        self._up.set()
        await self._stop.wait()
        listener.close()
        for connection in list(self.open):
            connection.transport.abort()
        await asyncio.sleep(0)


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


async def main(port: int, log: str, manner: str) -> None:
    given = json.loads(manner)
    given["faults"] = tuple(Fault(**fault) for fault in given.get("faults", ()))
    listener = await serve(Server(Manner(**given), log), port)
    sys.stdout.write(f"{listener.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], (sys.argv[3:] or ["{}"])[0]))
