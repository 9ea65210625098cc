"""Digests per second through the real outbox, against a loop that sends them one by one.

`make bench ARGS=500`, on SQLite, or on the server of DATABASE_URL in a database of its own.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import django

from bench import figures
from bench.smtp_sink import Sink
from newsletter.demo.processes import free_port

RUNS = 3
PORT = free_port()
FOLDER = tempfile.TemporaryDirectory(prefix="nl-")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{FOLDER.name}/db.sqlite3")
os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{PORT}"
os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.config.settings"

django.setup()

# ruff: noqa: E402  # the path, then the settings, then the models
from django.db import connection

from newsletter import compose, issues
from newsletter.models import Delivery
from papers.models import Assignment, Paper, Topic
from subscriptions import outbox
from subscriptions.ledger import State
from subscriptions.models import Interest, Subscriber

NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)
SENTENCE = "We look at one more way to do it & measure what it costs when $x < y$. "


def fill(readers: int) -> None:
    """Store 60 papers on three topics each, and readers who follow four topics each."""
    topics = list(Topic.objects.all())
    for number in range(60):
        paper = Paper.objects.create(
            title=f"Paper {number} on a subject of middling length, with a subtitle",
            title_key=f"paper {number}", abstract=SENTENCE * 15, arxiv_id=f"2603.{number:05}",
            authors=["Ada Example", "Grace Example"], listed_on=date(2026, 3, 16),
            first_seen_at=NOW, trend_score=(number + 1) / 60, votes=number,
        )  # fmt: skip
        for topic in islice(cycle(topics), number, number + 3):
            Assignment.objects.create(paper=paper, topic=topic, reason="arXiv cs.LG")
    for number in range(readers):
        reader = Subscriber.objects.create(
            email=f"reader{number}@example.org", state=Subscriber.State.CONFIRMED,
            state_changed_at=NOW, hour=12, next_digest_at=NOW,
        )  # fmt: skip
        chosen = islice(cycle(topics), number, number + 4)
        Interest.objects.bulk_create(Interest(subscriber=reader, topic=topic) for topic in chosen)
    issues.open_due(at=NOW)


def naive() -> None:
    """What one writes first: for each reader query, render, connect, send."""
    for delivery in Delivery.objects.all():
        papers = compose.load_papers(delivery.paper_ids)
        chosen = compose.items(delivery, papers)
        compose.digest(delivery, delivery.subscriber, chosen).send()


def product() -> None:
    outbox.post(Delivery.objects.all(), compose.compose_all, budget=3600)


def rate(send, sink: Sink, readers: int) -> float:
    """Mails per second; every mail must have reached the sink."""
    Delivery.objects.update(state=State.PENDING, owner=None, claims=0, attempts=0)
    began = time.perf_counter()
    send()
    seconds = time.perf_counter() - began
    if (taken := sink.taken()) != readers:
        sys.exit(f"{send.__name__}: {taken} of {readers} mails arrived")
    return readers / seconds


def main(sink: Sink, readers: int) -> None:
    machine = figures.machine()
    is_file = connection.vendor == "sqlite"
    name = f"{FOLDER.name}/test.sqlite3" if is_file else f"bench_{os.getpid()}"
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0)
    fill(readers)
    pairs = [(rate(product, sink, readers), rate(naive, sink, readers)) for _ in range(RUNS)]
    figures.show(
        f"{machine}, {connection.vendor}, {readers} digests, {RUNS} runs",
        {
            "outbox, mails/s": [ours for ours, _ in pairs],
            "naive loop, mails/s": [theirs for _, theirs in pairs],
            "outbox : naive, paired": [ours / theirs for ours, theirs in pairs],
        },
    )
    connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    opened = Sink(PORT)
    try:
        main(opened, int(sys.argv[1]) if sys.argv[1:] else 500)
    finally:
        opened.stop()
