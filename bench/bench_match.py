"""Opening issues: matching, and from the rows of readers to the rows of deliveries.

`python bench/bench_match.py 1000000`: a tenth, and a hundredth of it, and so many readers, and
1,000 papers; real Postgres with durable commits, of DATABASE_URL (in a database of its own) or
one that it starts.  A process that only opens is measured, and then two that open at once.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import subprocess
import sys
import time
from datetime import date, timedelta
from math import log10
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.postgres import DURABLE, Postgres

IS_OPENER = sys.argv[1:2] == ["open"]
# Two processes on two cores gain nothing from threads of their own.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
os.environ.setdefault("SITE_URL", "https://news.example.org")
os.environ.setdefault("MAIL_FROM", "Trending Papers <digest@news.example.org>")
os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.config.settings"
SERVER = None
if not IS_OPENER and "DATABASE_URL" not in os.environ:
    SERVER = Postgres(DURABLE)
    os.environ["DATABASE_URL"] = SERVER.url

import django

django.setup()

# ruff: noqa: E402  # the server, then the settings, then the models
import numpy as np
from django.db import connection, transaction

from bench import figures
from bench.crowd import (
    NOW,
    PAPERS,
    PHRASES,
    TOPICS,
    fill_choices,
    fill_papers,
    fill_readers,
    run,
    start_again,
)
from newsletter import arrays, audience, issues, opening
from newsletter.matching.block import Picks
from newsletter.models import Delivery, Issue
from newsletter.picks import PACKED


def open_in(processes: int) -> tuple[float, list[dict[str, float]]]:
    """Open what is due in so many processes; return seconds, and what each of them says."""
    children = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, __file__, "open"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(processes)
    ]
    for child in children:
        child.stdout.readline()  # it is ready
    began = time.perf_counter()
    for child in children:
        child.stdin.write(b"go\n")
        child.stdin.flush()
    said = [json.loads(child.stdout.readline()) for child in children]
    seconds = time.perf_counter() - began
    for child in children:
        child.communicate(timeout=60)
    return seconds, said


def opener() -> None:
    """The process that is measured."""
    matched = [0.0]
    pick_all = opening.pick_all

    def timed(readers, pool, **options):
        began = time.perf_counter()
        picks = pick_all(readers, pool, **options)
        matched[0] += time.perf_counter() - began
        return picks

    opening.pick_all = timed
    connection.ensure_connection()
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    written = issues.open_due(at=NOW)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"written": written, "matched": matched[0], "peak": peak}), flush=True)  # noqa: T201


def ledger_rate(rows: int) -> float:
    """Deliveries of seven papers a second, by COPY, committed, with the checks of a commit.

    The readers are locked and planned as in an opening, and that is not counted.
    """
    start_again()
    issue = Issue.objects.create(cadence="daily", on=date(2026, 3, 17), opened_at=NOW)
    seconds = 0.0
    for _ in range(0, rows, issues.READERS_AT_ONCE):
        with transaction.atomic():
            readers = audience.due(at=NOW, limit=issues.READERS_AT_ONCE)
            picks = Picks(np.zeros(7 * readers.size, PACKED), np.full(readers.size, 7))
            began = time.perf_counter()
            arrays.write("newsletter_delivery", opening._fields(issue, readers, picks, at=NOW))
            seconds += time.perf_counter() - began
            audience.plan(readers.ids, NOW + timedelta(days=1))
            began = time.perf_counter()
        seconds += time.perf_counter() - began
    if Delivery.objects.count() != rows:
        raise SystemExit("the ledger does not hold what was written")
    return rows / seconds


def measure(count: int, *, full: bool) -> dict[int, float]:
    name = "everything on" if full else "topics and keywords"
    began = time.perf_counter()
    fill_readers(count, full=full)
    filled = time.perf_counter() - began
    found = {}
    for processes in (1, 2):
        seconds, said = open_in(processes)
        written = sum(each["written"] for each in said)
        if not written == Delivery.objects.count() == count:
            raise SystemExit(f"{written} of {count} readers have a delivery")
        found[processes] = seconds
        figures_of = ", ".join(f"{each['matched']:.1f}" for each in said)
        peak = max(each["peak"] for each in said)
        say(
            f"{count:>9,}  {name:20} {processes} opening  {seconds:7.1f} s"
            f"  {count / seconds:9,.0f}/s  match alone {figures_of} s  peak {peak:.0f} MB"
        )
        start_again()
    say(f"           (filled in {filled:.0f} s)")
    return found


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(most: int) -> None:
    run(f"CREATE DATABASE bench_{os.getpid()}")
    url = os.environ["DATABASE_URL"]
    connection.close()
    connection.settings_dict["NAME"] = f"bench_{os.getpid()}"
    os.environ["DATABASE_URL"] = url.replace("/postgres?", f"/bench_{os.getpid()}?")
    subprocess.run([sys.executable, ROOT / "manage.py", "migrate", "-v0"], check=True)  # noqa: S603
    fill_papers()
    fill_choices()
    say(
        f"{figures.machine()}, Postgres {connection.pg_version / 10000:.1f}; {PAPERS:,} papers, "
        f"1-8 of {TOPICS} topics, 0-3 of {PHRASES:,} keywords; everything on: weights, shares, "
        f"mutes, exclusions, the newest two blocks of a year's history, a taste for every second"
    )
    for full in (False, True):
        rows = {count: measure(count, full=full) for count in (most // 100, most // 10, most)}
        for processes in (1, 2):
            first, last = rows[most // 10][processes], rows[most][processes]
            say(f"           growth exponent with {processes} opening: {log10(last / first):.2f}")
    say(f"ledger: {ledger_rate(min(most, 200_000)):,.0f} deliveries a second by one process")


if __name__ == "__main__":
    if IS_OPENER:
        opener()
    else:
        try:
            main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
        finally:
            connection.close()
            if SERVER:
                SERVER.stop()
