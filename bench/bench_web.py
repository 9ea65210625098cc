"""Pages a second with many papers, from a real server on this machine.

`python bench/bench_web.py [PAPERS] [SECONDS]`: a durable Postgres with that many papers
(100,000), gunicorn with two processes as in docker-compose.yml, and two clients with open
connections for each page, for so many seconds (5).  "fresh" pages have never been asked for, so
nothing kept answers them; "kept" ones have.  The goal is a p95 under 50 ms for what is trending.
"""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.rig import Rig, free_port

CLIENTS = 2
RIG = Rig(PAPER_SOURCES="", EXTRA_HOSTS="127.0.0.1", DATABASE_PROCESSES="20")

import django

django.setup()

# ruff: noqa: E402  # the servers, then the settings, then the models
from datetime import date, timedelta
from random import Random

from django.db import connection
from django.utils.timezone import now

from bench import figures
from papers import vectors
from papers.models import Assignment, Paper, Topic

A_LIST, AT_ONCE = 200, 5000
WORDS = """
    robot policy diffusion video language model agent reasoning benchmark retrieval speech
    alignment graph vision token memory scaling training inference dataset reward planning
""".split()  # noqa: SIM905  # a list would be half a page long


def fill(papers: int) -> None:
    """Papers of made-up words on lists of 200, a list a day up to today."""
    chance, today = Random(1), now().date()  # noqa: S311
    topics = list(Topic.objects.all())
    kinds = [vectors.pack(vectors.vector(" ".join(chance.sample(WORDS, 5)), "")) for _ in range(50)]
    for first in range(0, papers, AT_ONCE):
        rows = [_paper(n, chance, today, kinds) for n in range(first, min(papers, first + AT_ONCE))]
        Paper.objects.bulk_create(rows)
        Assignment.objects.bulk_create(
            Assignment(paper=paper, topic=topic, reason='title mentions "policy"')
            for paper in rows
            for topic in chance.sample(topics, 2)
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _paper(number: int, chance: Random, today: date, kinds: list[bytes]) -> Paper:
    text = " ".join(chance.choices(WORDS, k=150)).capitalize() + "."
    title = " ".join(chance.sample(WORDS, 8)).capitalize()
    listed_on = today - timedelta(days=number // A_LIST)
    return Paper(
        arxiv_id=f"{10_000 + number // 100_000:05}.{number % 100_000:05}",
        title=title,
        title_key=f"{title} {number}",
        abstract=f"We look at one thing after the other. {text}",
        authors=[f"Author {chance.randrange(20_000)} Example" for _ in range(6)],
        listed_on=listed_on,
        first_seen_at=now() - timedelta(days=number // A_LIST),
        trend_score=chance.random(),
        expected_votes=chance.random() * 100,
        votes=chance.randrange(200),
        vector=chance.choice(kinds),
    )


def serve() -> int:
    """Start gunicorn as docker-compose.yml does; return its port."""
    port = free_port()
    command = (
        f"gunicorn newsletter.config.wsgi:application --bind 127.0.0.1:{port} --workers 2 "
        "--threads 8 --no-control-socket --log-level warning"
    )
    RIG.processes.start("web", command.split())
    RIG.processes.wait_for("web", lambda: _status(port, "/healthz") == 200)
    return port


def ask(port: int, page: str, fresh: bool, seconds: float, seed: int) -> tuple[list[float], int]:
    """Ask again and again on one connection; return the seconds of each answer, and its bytes."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    taken, size, numbers = [], 0, count(seed)
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        address = page
        if fresh:
            address += ("&" if "?" in page else "?") + f"fresh={next(numbers)}"
        began = time.perf_counter()
        line.request("GET", address, headers={"Accept-Encoding": "identity"})
        answer = line.getresponse()
        body = answer.read()
        taken.append(time.perf_counter() - began)
        if answer.status != 200:
            raise SystemExit(f"{address}: {answer.status}")
        size = len(body)
    return taken, size


def _status(port: int, page: str) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", page)
        return line.getresponse().status
    except OSError:
        return 0


def measure(port: int, page: str, *, fresh: bool, seconds: float) -> str:
    with ProcessPoolExecutor(CLIENTS) as pool:
        jobs = [
            pool.submit(ask, port, page, fresh, seconds, seed * 10**9 + time.time_ns() % 10**6)
            for seed in range(1, CLIENTS + 1)
        ]
        results = [job.result() for job in jobs]
    taken = [1000 * each for times, _ in results for each in times]
    cuts = quantiles(taken, n=100)
    kept = "fresh" if fresh else "kept"
    return (
        f"{page:34}{kept:7}{cuts[49]:8.1f}{cuts[94]:8.1f}{cuts[98]:8.1f}"
        f"{len(taken) / seconds:10.0f}{results[0][1] / 1000:10.1f}"
    )


def pages() -> Iterator[tuple[str, bool]]:
    key = Paper.objects.order_by("-listed_on", "pk").values_list("arxiv_id", flat=True)[7]
    for page in (
        "/trending/",
        "/trending/month/",
        "/topics/",
        "/topics/agents/",
        f"/papers/{key}/",
    ):
        yield page, True
        yield page, False
    yield "/search/?q=robot+policy+-speech", True
    yield "/search/?q=scaling&sort=newest", True


def main(papers: int = 100_000, seconds: float = 5.0) -> None:
    RIG.migrate()
    began = time.perf_counter()
    fill(papers)
    say = sys.stdout.write
    say(f"{figures.machine()}; {papers:,} papers, filled in {time.perf_counter() - began:.0f} s\n")
    port = serve()
    say(f"{'page':34}{'':7}{'p50 ms':>8}{'p95':>8}{'p99':>8}{'a second':>10}{'kB':>10}\n")
    for page, fresh in pages():
        say(measure(port, page, fresh=fresh, seconds=seconds) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*(kind(value) for kind, value in zip((int, float), sys.argv[1:], strict=False)))
