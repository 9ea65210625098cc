"""Mails, a journal and calls for the tests of the transport through services."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from anymail.message import AnymailMessage

from subscriptions.esp import BackendTransport
from tests.fakes.esp import FakeEsp, Faults

BATCHES = ["postmark", "resend", "mailjet", "mailtrap"]  # services that take batches
PATHS = {
    name: f"anymail.backends.{name}.EmailBackend"
    for name in ("postmark", "resend", "mailjet", "mailtrap", "sendgrid", "mailgun", "brevo")
}


@dataclass
class Mail:
    """An `Outgoing` with a digest for one reader."""

    entry_id: int
    recipient: str
    text: str = "Text"
    html: str = "<p>Text</p>"
    subject: str = "7 papers"
    headers: dict[str, str] = field(default_factory=dict)
    options: dict[str, object] = field(default_factory=dict)
    sender: str = "us@news.example.org"

    def __post_init__(self):
        self.key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.entry_id}"))

    def message(self) -> AnymailMessage:
        made = AnymailMessage(
            self.subject, self.text, "Papers <us@news.example.org>",
            **{"to": [self.recipient], "reply_to": ["ed@example.org"]} | self.options,
            headers={"Message-ID": f"<{self.key}@news.example.org>", "Feedback-ID": "a:b:c:d",
                     "Auto-Submitted": "auto-generated"} | self.headers,
            metadata={"entry": self.key},
        )  # fmt: skip
        made.attach_alternative(self.html, "text/html")
        return made


def mails(count, start=0):
    return [Mail(n, f"r{n}@example.net", f"Text {n}") for n in range(start, start + count)]


class Notes:
    """A journal that remembers, and checks that it is told in the right order."""

    def __init__(self):
        self.calls = []  # ids of each call
        self.keys = {}  # of the last call of each mail
        self.results = {}  # what was noted last
        self.is_full = False

    def handing(self, entry_ids, *, key=None):
        if self.is_full:
            raise OSError("no space left")
        self.calls.append(list(entry_ids))
        self.keys.update(dict.fromkeys(self.calls[-1], key))
        for entry_id in self.calls[-1]:
            self.results.pop(entry_id, None)

    def answered(self, results):
        self.results.update(results)


def send(service, outgoing, *, notes=None, may_go_on=lambda: True, again=None, **options):
    """Send all; return {entry id: result} and check what a transport promises of each.

    With `again`, the key of an earlier call, they are what is left of it.
    """
    notes = Notes() if notes is None else notes
    transport = BackendTransport(PATHS.get(service, service), **options)
    way = transport.send if again is None else partial(transport.again, key=again)
    results = {}
    try:
        for entry_id, result in way(iter(outgoing), notes, may_go_on=may_go_on):
            assert entry_id not in results
            if result.fate.name != "UNTOUCHED":
                assert notes.results[entry_id] == result
            results[entry_id] = result
    finally:
        transport.close()
    return results


def fates(results):
    return [results[entry_id].fate.name for entry_id in sorted(results)]


@contextmanager
def service(settings, *, keep=False, **faults):
    """The fake service with these faults; Anymail is pointed at it."""
    with FakeEsp(Faults(**faults), keep=keep) as esp:
        settings.ANYMAIL = esp.anymail()
        yield esp


def taken(esp):
    """Ids of the mails that the service accepted, a copy each."""
    return sorted(int(one.recipient[1:].partition("@")[0]) for one in esp.log)


def ids(results, fate):
    return sorted(entry_id for entry_id, result in results.items() if result.fate.name == fate)
