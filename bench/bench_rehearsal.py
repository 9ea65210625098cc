"""Going through an issue without sending it: `python bench/bench_rehearsal.py 100000`.

So many readers of one cadence with everything on, a tenth of them first, and 1,000 papers; real
Postgres, of DATABASE_URL (in a database of its own) or one that it starts.
"""

from __future__ import annotations

import os
import resource
import secrets
import subprocess
import sys
import time
from datetime import date
from math import log10
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.postgres import DURABLE, Postgres

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
os.environ.setdefault("SITE_URL", "https://news.example.org")
os.environ.setdefault("MAIL_FROM", "Trending Papers <digest@news.example.org>")
os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.config.settings"
SERVER = None
if "DATABASE_URL" not in os.environ:
    SERVER = Postgres(DURABLE)
    os.environ["DATABASE_URL"] = SERVER.url

import django

django.setup()

# ruff: noqa: E402  # the server, then the settings, then the models
from django.db import connection

from bench import figures
from bench.crowd import NOW, PAPERS, PHRASES, TOPICS, fill_choices, fill_papers, fill_readers, run
from newsletter import issues
from newsletter.models import Delivery, Issue
from newsletter.picks import PACKED
from newsletter.rehearsal import running

ON = date(2026, 3, 17)


def measure(count: int) -> float:
    """Rehearse it, and then open it to see that this was foretold; return seconds."""
    fill_readers(count, full=True)
    seen = []
    began = time.perf_counter()
    found = running.run("daily", ON, at=NOW, progress=lambda done, total: seen.append(done))
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if Issue.objects.exists() or Delivery.objects.exists() or seen[-1] != count:
        raise SystemExit("it wrote something, or left somebody out")
    began = time.perf_counter()
    issues.open_due(at=NOW)
    opened = time.perf_counter() - began
    say(
        f"{count:>9,} readers  {seconds:6.1f} s  {count / seconds:9,.0f}/s  peak {peak:.0f} MB"
        f"  ({found['recipients']:,} get a mail; opening it took {opened:.1f} s)"
    )
    if found["readers"] != ledger(len(found["readers"])):
        raise SystemExit("the ledger is not what was foretold")
    return seconds


def ledger(most: int) -> list[int]:
    """Deliveries by their number of papers."""
    counts = [0] * most
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT length(packed_picks) / %s, count(*) FROM newsletter_delivery GROUP BY 1",
            [PACKED.itemsize],
        )
        for papers, deliveries in cursor.fetchall():
            counts[papers] = deliveries
    return counts


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(most: int) -> None:
    name = f"bench_{os.getpid()}"
    run(f"CREATE DATABASE {name}")
    url = os.environ["DATABASE_URL"]
    connection.close()
    connection.settings_dict["NAME"] = name
    os.environ["DATABASE_URL"] = url.replace("/postgres?", f"/{name}?")
    subprocess.run([sys.executable, ROOT / "manage.py", "migrate", "-v0"], check=True)  # noqa: S603
    fill_papers()
    fill_choices()
    say(
        f"{figures.machine()}, Postgres {connection.pg_version / 10000:.1f}; {PAPERS:,} papers, "
        f"1-8 of {TOPICS} topics, 0-3 of {PHRASES:,} keywords, weights, shares, mutes, histories, "
        "a taste for every second"
    )
    first, last = measure(most // 10), measure(most)
    say(f"          growth exponent {log10(last / first):.2f}")


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
    finally:
        connection.close()
        if SERVER:
            SERVER.stop()
