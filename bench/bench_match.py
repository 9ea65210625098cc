"""Opening issues: matching, and from the rows of readers to the rows of deliveries.

`python bench/bench_match.py 1000000`: a tenth, and a hundredth of it, and so many readers, and
1,000 papers; real Postgres with durable commits, of DATABASE_URL (in a database of its own) or
one that it starts.  A process that only opens is measured, and then two that open at once.
"""

from __future__ import annotations

import json
import os
import random
import resource
import secrets
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
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
from newsletter import arrays, audience, issues, opening
from newsletter.matching.block import Picks
from newsletter.models import Delivery, Issue
from newsletter.picks import PACKED
from papers import vectors
from papers.models import Assignment, Paper, Topic
from subscriptions.models import Phrase

NOW = datetime(2026, 3, 17, 7, 5, tzinfo=UTC)
PAPERS, TOPICS, PHRASES = 1000, 60, 100_000
FIRST_PAPER = 120_000  # as after a year: the candidates lie in one block of the history
WORDS = 20_000

READERS = """
INSERT INTO subscriptions_subscriber (public_id, token_version, email, state, state_changed_at,
    created_at, cadence, weekday, hour, time_zone, length, trend_share, bounce_score, is_counted,
    next_digest_at)
SELECT gen_random_uuid(), 0, 'reader' || g || '@' ||
        (ARRAY['gmail.com', 'example.org', 'outlook.com', 'university.example.edu'])[1 + g %% 4],
    'confirmed', now(), now(), 'daily', 0, 7, 'UTC', (ARRAY[5, 7, 10])[1 + g %% 3],
    CASE WHEN %(full)s THEN (ARRAY[0.4, 0.4, 0.2, 0.7])[1 + g %% 4] ELSE 0.4 END, 0, false,
    '2026-03-17T07:00Z'
FROM generate_series(1, %(count)s) g"""
INTERESTS = """
INSERT INTO subscriptions_interest (subscriber_id, topic_id, weight)
SELECT s.id, %(topic)s + (h + 7 * k) %% 60,
    CASE WHEN %(full)s
        THEN (ARRAY[1, 1, 1, 0.5, 1.5, 2, 1, 1, 1, 1, 0])[1 + (h + k) %% 11] ELSE 1 END
FROM (SELECT id, abs(hashint8(id) %% 9973) h FROM subscriptions_subscriber) s,
    generate_series(0, (h %% 8)::int) k"""
WISHES = """
INSERT INTO subscriptions_wish (subscriber_id, phrase_id, is_excluded)
SELECT s.id, %(phrase)s + (h + 31 * k) %% 100000, %(full)s AND (h + k) %% 5 = 0
FROM (SELECT id, abs(hashint8(id + 7) %% 99991) h FROM subscriptions_subscriber) s,
    generate_series(1, (h %% 4)::int) k"""
SENT = """
INSERT INTO newsletter_sent (subscriber_id, block, papers)
SELECT s.id, b.block, b.papers FROM subscriptions_subscriber s
JOIN bench_sent b ON b.kind = s.id %% 512"""
TASTES = """
INSERT INTO subscriptions_taste (subscriber_id, vector)
SELECT s.id, b.vector FROM subscriptions_subscriber s JOIN bench_taste b ON b.kind = s.id %% 4096
WHERE s.id %% 2 = 0"""


def run(sql: str, **params: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)


def fill_papers() -> None:
    """Papers on one to four topics each, with 150 words; and phrases of one or two words."""
    chance = random.Random(1)  # noqa: S311
    spread = [1 / rank for rank in range(1, WORDS + 1)]
    vocabulary = [f"w{number}" for number in range(WORDS)]
    Topic.objects.all().delete()
    topics = Topic.objects.bulk_create(
        Topic(slug=f"t{n}", name=f"Topic {n}", position=n) for n in range(TOPICS)
    )
    papers = []
    for number in range(FIRST_PAPER + 1, FIRST_PAPER + PAPERS + 1):
        title, abstract = (
            " ".join(chance.choices(vocabulary, spread, k=count)) for count in (10, 150)
        )
        papers.append(
            Paper(
                pk=number, title=title, title_key=f"paper {number}", abstract=abstract,
                arxiv_id=f"2603.{number}", authors=["Ada Example"], listed_on=date(2026, 3, 16),
                first_seen_at=NOW, trend_score=chance.random(),
                vector=vectors.pack(vectors.vector(title, abstract)),
            )
        )  # fmt: skip
    Paper.objects.bulk_create(papers)
    Assignment.objects.bulk_create(
        Assignment(paper=paper, topic=topic, strength=chance.choice([0.6, 0.75, 0.9, 0.97]))
        for paper in papers
        for topic in chance.sample(topics, chance.randint(1, 4))
    )
    texts = set()
    while len(texts) < PHRASES:
        texts.add(" ".join(chance.choices(vocabulary, k=chance.choice([1, 2, 2]))))
    Phrase.objects.bulk_create(
        [Phrase(kind=Phrase.Kind.KEYWORD, text=text) for text in sorted(texts)], batch_size=10_000
    )


def fill_choices() -> None:
    """Histories and tastes of which every reader gets one."""
    run("CREATE TABLE bench_sent (kind integer, block integer, papers bytea)")
    run("CREATE TABLE bench_taste (kind integer, vector bytea)")
    chance = random.Random(2)  # noqa: S311
    newest = FIRST_PAPER + PAPERS
    with connection.cursor() as cursor:
        for kind in range(512):
            for block in (newest // 4096 - 1, newest // 4096):
                span = range(block * 4096, min((block + 1) * 4096, newest - 333))
                offsets = [number % 4096 for number in chance.sample(span, len(span) // 48)]
                packed = np.array(offsets, "<u2").tobytes()
                cursor.execute("INSERT INTO bench_sent VALUES (%s, %s, %s)", [kind, block, packed])
    known = [bytes(row) for row in Paper.objects.values_list("vector", flat=True)]
    with connection.cursor() as cursor:
        for kind in range(4096):
            taste = vectors.pack(vectors.mix(chance.sample(known, 3), chance.sample(known, 1)))
            cursor.execute("INSERT INTO bench_taste VALUES (%s, %s)", [kind, taste])


def fill_readers(count: int, *, full: bool) -> None:
    """One to eight topics, up to three phrases; `full` adds everything else."""
    run("TRUNCATE subscriptions_subscriber, newsletter_issue, newsletter_delivery CASCADE")
    topic, phrase = Topic.objects.order_by("pk")[0].pk, Phrase.objects.order_by("pk")[0].pk
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # foreign keys are right
        cursor.execute(READERS, {"count": count, "full": full})
        cursor.execute(INTERESTS, {"topic": topic, "full": full})
        cursor.execute(WISHES, {"phrase": phrase, "full": full})
        if full:
            cursor.execute(SENT, {})
            cursor.execute(TASTES, {})
        cursor.execute("SET session_replication_role = DEFAULT")
    settle()


def settle() -> None:
    run("VACUUM ANALYZE")
    run("CHECKPOINT")


def start_again() -> None:
    run("TRUNCATE newsletter_issue, newsletter_delivery CASCADE")
    run("UPDATE subscriptions_subscriber SET next_digest_at = '2026-03-17T07:00Z'")
    settle()


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

    def timed(readers, pool):
        began = time.perf_counter()
        picks = pick_all(readers, pool)
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
