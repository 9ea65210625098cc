"""Reads what comes: a call of HTTP, and the messages in it as each service is told them."""

from __future__ import annotations

import json
import re
import socket
from email.utils import parseaddr
from typing import Any
from urllib.parse import parse_qs

from tests.fakes.esp.manner import Request

# JSON text has no bare quotes, so these find keys and never something within a text.
TO = re.compile(rb'"[Tt]o": (?:\[)?(?:\{"[Ee]mail": )?"([^"]*)"')
KEY = re.compile(rb'entry\\?": \\?"([\w.-]+)')
MULTIPART_TO = re.compile(rb'name="to"\r\n\r\n([^\r]*)')


def read_request(connection: socket.socket) -> tuple[str, dict[str, str], bytes]:
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


def service_of(target: str, headers: dict[str, str]) -> str:
    return target.split("/")[1]


def decoded(body: bytes) -> Any:
    return json.loads(body) if body[:1] in b"[{" else body


def messages_of(request: Request) -> list[tuple[str, str]]:
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


def key_of(request: Request) -> str:
    if request.service == "brevo":
        return str(decoded(request.body).get("headers", {}).get("idempotencyKey", ""))
    return request.headers.get("idempotency-key", "")
