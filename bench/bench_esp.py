"""Recipients a second to a mail service's own interface, over the transport and over Anymail.

`.venv/bin/python bench/bench_esp.py postmark 3000`.  The service is a fake in a process of its
own; every run is counted there.  Ours sends a whole text of its own to each reader.  Anymail's
merge sends one text to all, 500 a call.  The naive loop is a `send()` for each reader.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import django
from django.conf import settings

from bench import figures
from tests.fakes.esp import EspProcess

RUNS, NAIVE = 5, 300
SERVICE = sys.argv[1] if sys.argv[1:] else "postmark"
READERS = int(sys.argv[2]) if sys.argv[2:] else 3000
BACKEND = f"anymail.backends.{SERVICE}.EmailBackend"
FOLDER = tempfile.TemporaryDirectory(prefix="nl-")

settings.configure(EMAIL_BACKEND=BACKEND, USE_TZ=True)
django.setup()

# ruff: noqa: E402  # the path, then the settings, then what reads them
from anymail.message import AnymailMessage
from django.core.mail import get_connection

from subscriptions.esp import BackendTransport
from subscriptions.outgoing import Fate

SENTENCE = (
    "<p>We look at one more way to do it &amp; measure “what it costs” when $x &lt; y$.</p>\n"
)
HTML = SENTENCE * (20_000 // len(SENTENCE))
TEXT = "We look at one more way to do it & measure “what it costs”.\n" * (9_000 // 60)
HEADERS = {
    "List-Id": "Papers <papers.news.example.org>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "Auto-Submitted": "auto-generated",
    "Precedence": "bulk",
}


@dataclass
class Mail:
    """A digest for one reader, written before the clock starts."""

    entry_id: int

    def __post_init__(self) -> None:
        self.key, self.recipient = f"key-{self.entry_id}", f"reader{self.entry_id}@example.net"
        self.sender = "us@news.example.org"
        self._message = message(self.entry_id, HTML, TEXT)

    def message(self) -> AnymailMessage:
        return self._message


class NoJournal:
    def handing(self, entry_ids, *, key=None) -> None: ...

    def answered(self, results) -> None: ...


def message(number: int, html: str, text: str) -> AnymailMessage:
    own = f"https://news.example.org/u/{number}"
    made = AnymailMessage(
        "7 papers on diffusion models", f"{text}{own}", "Papers <us@news.example.org>",
        [f"reader{number}@example.net"], reply_to=["ed@example.org"],
        headers={**HEADERS, "Message-ID": f"<{number}@news.example.org>",
                 "List-Unsubscribe": f"<{own}>"},
        metadata={"entry": f"key-{number}"},
    )  # fmt: skip
    made.attach_alternative(html.replace("We look", f"Reader {number} looks", 1), "text/html")
    return made


def ours() -> Callable[[], None]:
    mails = [Mail(number) for number in range(READERS)]

    def send() -> None:
        transport = BackendTransport(BACKEND)
        results = transport.send(iter(mails), NoJournal(), may_go_on=lambda: True)
        if any(result.fate is not Fate.ACCEPTED for _, result in results):
            sys.exit("a mail was not accepted")
        transport.close()

    return send


def merge() -> Callable[[], None]:
    """500 a call, as few as the service takes if that is less."""
    limit = {"resend": 100, "mailjet": 50}.get(SERVICE, 500)
    calls = []
    for first in range(0, READERS, limit):
        one = message(first, HTML, TEXT)
        one.to = [f"reader{number}@example.net" for number in range(first, first + limit)]
        one.merge_metadata = {to: {"entry": f"key-{to}"} for to in one.to}
        calls.append(one)

    def send() -> None:
        with get_connection() as connection:
            connection.send_messages(calls)

    return send


def naive() -> Callable[[], None]:
    def send() -> None:
        for number in range(NAIVE):
            message(number, HTML, TEXT).send()

    return send


def rate(build: Callable[[], Callable[[], None]], esp: EspProcess, readers: int) -> float:
    """Recipients per second; every one must have been accepted."""
    send, before = build(), len(esp.log)
    began = time.perf_counter()
    send()
    seconds = time.perf_counter() - began
    if (taken := len(esp.log) - before) != readers:
        sys.exit(f"{build.__name__}: {taken} of {readers} mails arrived")
    return readers / seconds


def main() -> None:
    with EspProcess(log=f"{FOLDER.name}/accepted") as esp:
        settings.ANYMAIL = esp.anymail()
        machine = figures.machine()
        runs = [
            (rate(ours, esp, READERS), rate(merge, esp, READERS), rate(naive, esp, NAIVE))
            for _ in range(RUNS)
        ]
    figures.show(
        f"{machine}, {SERVICE}, {READERS} digests of {len(HTML) + len(TEXT)} characters",
        {
            "transport, own texts, /s": [own for own, _, _ in runs],
            "Anymail's merge, /s": [theirs for _, theirs, _ in runs],
            "naive loop, /s": [loop for _, _, loop in runs],
            "transport : merge": [own / theirs for own, theirs, _ in runs],
            "transport : naive": [own / loop for own, _, loop in runs],
        },
    )


if __name__ == "__main__":
    main()
