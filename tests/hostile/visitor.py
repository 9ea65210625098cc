"""Whoever comes with bad intentions, and what must hold for every answer."""

from __future__ import annotations

import html
import itertools
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.test import Client

# Found raw in a page, each of these would be markup of a stranger.
MARK = "xq7z"
MARKUP = [f"<script>{MARK}", f"<img src={MARK}", f'"{MARK}"onx=', f"'{MARK}'onx="]
OWN_HOSTS = {"", "testserver", "news.example.org"}
UNREADY = {"/readyz"}  # says that no worker is there, with 503, and is right


class Visitor:
    """Asks from ever other networks, and collects what is wrong with the answers."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.asked = 0
        self.wrong: list[str] = []
        self._networks = itertools.count(1)

    def ask(self, method: str, address: str, what: str = "", **more: Any) -> HttpResponse:
        """Ask; `what` names the case where the address does not."""
        number = next(self._networks)
        peer = f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"
        response = self.client.generic(method, address, REMOTE_ADDR=peer, **more)
        return self._judge(method, address, what, response)

    def post(self, address: str, fields: Any, what: str = "", **more: Any) -> HttpResponse:
        number = next(self._networks)
        peer = f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"
        response = self.client.post(address, fields, REMOTE_ADDR=peer, **more)
        return self._judge("POST", address, what, response)

    def _judge(self, method: str, address: str, what: str, response: HttpResponse) -> HttpResponse:
        self.asked += 1
        for complaint in complaints(response, address):
            self.wrong.append(f"{complaint}: {method} {address[:200]!r} {what[:200]!r}")
        return response


def complaints(response: HttpResponse, address: str) -> list[str]:
    """What no answer to anybody may be."""
    found = []
    if response.status_code >= 500 and urlsplit(address).path not in UNREADY:
        found.append(f"status {response.status_code}")
    location = response.get("Location", "")
    is_ours = location.startswith("/") and not location.startswith(("//", "/\\"))
    is_relative = location.startswith(("?", "."))
    if location and not (is_ours or is_relative or urlsplit(location).hostname in OWN_HOSTS):
        found.append(f"leads to {location[:100]}")
    if not response.streaming and "html" in response.get("Content-Type", ""):
        page = response.content.decode("utf-8", "replace")
        found += [f"holds {mark}" for mark in MARKUP if mark in page]
        found += [f"evaluated {MARK}" for mark in (f"{MARK}49",) if mark in html.unescape(page)]
    return found
