"""One client of the server: commands, answers, and what goes wrong between them."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable

from tests.fakes.smtp.server import Server

PATH = re.compile(r"(?:FROM|TO):<([^<>]*)>(.*)", re.IGNORECASE)
END = b"\r\n.\r\n"


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
