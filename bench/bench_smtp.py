"""The SMTP transport alone against Postfix's `smtp-source`, both into the same `smtp-sink`.

`python bench/bench_smtp.py 20000`: so many mails of 23 KB, made beforehand, by two processes
with ten sessions each, and by `smtp-source` with twenty; in turns, five times.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from multiprocessing import Queue, get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

# ruff: noqa: E402  # the path comes first
from bench import figures
from newsletter.demo.processes import answers, free_port
from subscriptions.outgoing import Fate, Result
from subscriptions.smtp import Server, SmtpTransport

RUNS, PROCESSES, SESSIONS, OCTETS = 5, 2, 10, 23_000
TOOLS = os.pathsep.join((os.environ["PATH"], "/usr/sbin"))
LINE = b"A line of a digest, as long as such lines are when they are folded, and more.\r\n"


class Mail(NamedTuple):
    entry_id: int
    content: bytes
    key: str = ""
    recipient: str = "reader@example.net"
    sender: str = "digest@news.example.org"

    def wire(self) -> bytes:
        return self.content

    def message(self) -> None:
        """Nobody asks for it here."""


class Journal:
    """Forgets; what a journal on the disk costs is not measured here."""

    def handing(self, entry_ids: Iterable[int]) -> None: ...

    def answered(self, results: Iterable[tuple[int, Result]]) -> None: ...


def send(port: int, bodies: list[bytes], barrier: Barrier, found: Queue) -> None:
    """Be one of the processes: report the seconds of CPU used."""
    transport = SmtpTransport(Server("127.0.0.1", port), sessions=SESSIONS)
    mails = (Mail(number, body) for number, body in enumerate(bodies))
    barrier.wait()
    before = resource.getrusage(resource.RUSAGE_SELF)
    results = transport.send(mails, Journal(), may_go_on=lambda: True)
    accepted = sum(result.fate is Fate.ACCEPTED for _, result in results)
    used = resource.getrusage(resource.RUSAGE_SELF)
    transport.close()
    seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    found.put((accepted, seconds))


def ours(port: int, count: int) -> tuple[float, float]:
    """Return mails per second of both processes, and microseconds of CPU a mail."""
    context = get_context("fork")
    barrier, counts = context.Barrier(PROCESSES + 1), context.Queue()
    share = count // PROCESSES
    bodies = [LINE * (OCTETS // len(LINE)) + b"%d\r\n" % number for number in range(share)]
    processes = [
        context.Process(target=send, args=(port, bodies, barrier, counts)) for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    barrier.wait()
    began = time.perf_counter()
    found = [counts.get(timeout=300) for _ in processes]
    took = time.perf_counter() - began
    for process in processes:
        process.join()
    if sum(accepted for accepted, _ in found) != share * PROCESSES:
        raise SystemExit("not all mails were accepted")
    return count / took, sum(seconds for _, seconds in found) / count * 1e6


def theirs(port: int, count: int) -> float:
    """Return mails per second of smtp-source, which keeps its connections open (-d)."""
    command = [
        shutil.which("smtp-source", path=TOOLS), "-d", "-s", str(PROCESSES * SESSIONS),
        "-m", str(count), "-l", str(OCTETS), "-f", "digest@news.example.org",
        "-t", "reader@example.net", f"127.0.0.1:{port}",
    ]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(command, check=True, timeout=300)  # noqa: S603
    return count / (time.perf_counter() - began)


def main(count: int) -> None:
    sink = shutil.which("smtp-sink", path=TOOLS)
    if not sink:
        raise SystemExit("smtp-sink is not installed; Debian has it in the package postfix")
    port = free_port()
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([sink, *as_nobody, f"127.0.0.1:{port}", "1000"])  # noqa: S603
    lines: dict[str, list[float]] = {
        "ours, mails/s": [], "smtp-source, mails/s": [], "ratio": [], "ours, us CPU a mail": []
    }  # fmt: skip
    try:
        while not answers(port):
            time.sleep(0.05)
        for _ in range(RUNS):
            rate, cpu = ours(port, count)
            anchor = theirs(port, count)
            for runs, figure in zip(
                lines.values(), (rate, anchor, rate / anchor, cpu), strict=True
            ):
                runs.append(figure)
    finally:
        process.terminate()
        process.wait()
    figures.show(f"{count} mails of {OCTETS} octets; {figures.machine()}", lines)


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["20000"])[0]))
