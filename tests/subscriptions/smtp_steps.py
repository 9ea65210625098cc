"""Mails, a journal, and one call to send, for the tests of the SMTP transport."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from subscriptions.outgoing import Fate, Outgoing, Result
from subscriptions.smtp import Server, SmtpTransport

ROOT = Path(__file__).parents[2]


@dataclass
class Mail:
    entry_id: int
    recipient: str = ""
    sender: str = "digest@news.example.org"
    content: bytes = b""

    def __post_init__(self) -> None:
        self.recipient = self.recipient or f"reader{self.entry_id}@example.net"
        head = f"Message-ID: <{self.entry_id}@news.example.org>\r\nSubject: Papers\r\n\r\n"
        self.content = self.content or head.encode() + b"Five papers for you.\r\n"

    def wire(self) -> bytes:
        return self.content

    def message(self):
        raise NotImplementedError("SMTP takes the wire")


@dataclass
class Notes:
    """A journal in memory; `full_after` notes its disk is full, `full_for` times."""

    full_after: int = 1_000_000
    full_for: int = 1_000_000
    lines: list[tuple[str, int]] = field(default_factory=list)
    in_doubt: set[int] = field(default_factory=set)
    in_doubt_most: int = 0

    def handing(self, entry_ids: Iterable[int]) -> None:
        for entry_id in entry_ids:
            if len(self.lines) >= self.full_after and self.full_for:
                self.full_for -= 1
                raise OSError(28, "No space left on device")
            self.lines.append(("handing", entry_id))
            self.in_doubt.add(entry_id)
        self.in_doubt_most = max(self.in_doubt_most, len(self.in_doubt))

    def answered(self, results: Iterable[tuple[int, Result]]) -> None:
        for entry_id, result in results:
            self.lines.append((result.fate.value, entry_id))
            self.in_doubt.discard(entry_id)

    def of(self, entry_id: int) -> list[str]:
        return [word for word, about in self.lines if about == entry_id]


def mails(count: int) -> list[Mail]:
    return [Mail(number) for number in range(1, count + 1)]


@contextlib.contextmanager
def transport(port: int, *, sessions: int = 1, timeout: float = 5.0, **server) -> Iterator:
    opened = SmtpTransport(Server("127.0.0.1", port, timeout=timeout, **server), sessions=sessions)
    try:
        yield opened
    finally:
        opened.close()


def send(
    port: int, outgoing: Iterable[Outgoing], *, journal: Notes | None = None, **options
) -> dict[int, Result]:
    """Send over a transport of its own; return the result of each mail."""
    with transport(port, **options) as opened:
        return send_over(opened, outgoing, journal=journal)


def send_over(
    opened: SmtpTransport, outgoing: Iterable[Outgoing], *, journal: Notes | None = None
) -> dict[int, Result]:
    found: dict[int, Result] = {}
    ends = time.monotonic() + 60
    notes = journal or Notes()
    collect(opened.send(iter(outgoing), notes, may_go_on=lambda: time.monotonic() < ends), found)
    return found


def collect(sending: Iterator[tuple[int, Result]], found: dict[int, Result]) -> None:
    """Add each result to `found`, as long as there are any."""
    for entry_id, result in sending:
        assert entry_id not in found, "two results for one mail"
        found[entry_id] = result


def fates(results: dict[int, Result]) -> dict[int, Fate]:
    return {entry_id: result.fate for entry_id, result in results.items()}


class FileNotes(Notes):
    """A journal on the disk."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("ab", buffering=0)

    def handing(self, entry_ids: Iterable[int]) -> None:
        self.file.write(b"".join(b">%d\n" % entry_id for entry_id in entry_ids))

    def answered(self, results: Iterable[tuple[int, Result]]) -> None:
        self.file.write(b"".join(b"+%d\n" % entry_id for entry_id, _ in results))


def read_notes(path: Path) -> tuple[set[str], set[str]]:
    """Return which mails were handed over, and which answered."""
    lines = path.read_text().splitlines()
    return {line[1:] for line in lines if line[0] == ">"}, {
        line[1:] for line in lines if line[0] == "+"
    }


def start_worker(port: int, *, sessions: int, count: int, notes: Path) -> subprocess.Popen[bytes]:
    """Send in a process of its own."""
    given = [str(port), str(sessions), str(count), str(notes)]
    return subprocess.Popen([sys.executable, "-m", __name__, *given], cwd=ROOT)


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(1000):
        if is_so():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to that in 20 seconds")


if __name__ == "__main__":
    send(
        int(sys.argv[1]),
        mails(int(sys.argv[3])),
        sessions=int(sys.argv[2]),
        journal=FileNotes(Path(sys.argv[4])),
        timeout=60,
    )
