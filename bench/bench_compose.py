"""Personal digests composed per second on one core, for each reader's own ten papers.

Against Django's EmailMultiAlternatives with the same templates rendered for each reader, and
against copying as many bytes in memory.  `make bench ARGS=5000`, on SQLite.
"""

from __future__ import annotations

import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import django

from bench import figures

FOLDER = tempfile.TemporaryDirectory(prefix="nl-")
os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER.name}/db.sqlite3"
os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
os.environ["SITE_URL"] = "https://news.example.org"
os.environ["MAIL_FROM"] = "Trending Papers <digest@news.example.org>"
os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.config.settings"

django.setup()

# ruff: noqa: E402  # the path, then the settings, then the models
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.template.loader import render_to_string

from newsletter import compose, paper_facts, reasons, shell
from newsletter.models import Delivery, Issue
from newsletter.picks import Pick, Why, pack
from papers.models import Assignment, Paper, Topic
from subscriptions import links
from subscriptions.models import Subscriber

RUNS, CHUNK, PAPERS, OWN, NAIVE = 7, 500, 200, 10, 100
NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)
SENTENCE = "We look at one more way to do it & measure what it costs when $x < y$. "


def fill(readers: int) -> list[Delivery]:
    """Store papers on three topics each, and for each reader ten of them, chosen by lot."""
    lot = random.Random(1)  # noqa: S311  # the same papers in every run
    topics = list(Topic.objects.all())
    for number in range(PAPERS):
        paper = Paper.objects.create(
            title=f"Paper {number} on a subject of middling length, with a subtitle",
            title_key=f"paper {number}", abstract=SENTENCE * 15, arxiv_id=f"2603.{number:05}",
            authors=["Ada Example", "Grace Example"], listed_on=date(2026, 3, 16),
            first_seen_at=NOW, trend_score=(number + 1) / PAPERS, votes=number,
            code_url=f"https://code.example.org/{number}",
        )  # fmt: skip
        for topic in islice(cycle(topics), number, number + 3):
            Assignment.objects.create(paper=paper, topic=topic, reason=f'title mentions "{topic}"')
    issue = Issue.objects.create(cadence="daily", on=NOW.date(), opened_at=NOW, state="open")
    people = Subscriber.objects.bulk_create(
        Subscriber(email=f"reader{n}@example.net", state="confirmed", state_changed_at=NOW)
        for n in range(readers)
    )
    about: dict[int, list[int]] = {}
    for paper_id, topic_id in Assignment.objects.values_list("paper_id", "topic_id"):
        about.setdefault(paper_id, []).append(topic_id)
    mails = [
        Delivery(issue=issue, subscriber=person, packed_picks=pack(own_papers(about, lot)))
        for person in people
    ]
    return Delivery.objects.bulk_create(mails)


def own_papers(about: dict[int, list[int]], lot: random.Random) -> list[Pick]:
    chosen = lot.sample(sorted(about), OWN)
    topics = [(paper, *lot.sample(about[paper], 2)) for paper in chosen]
    return [Pick(paper, 1.0, Why.TOPIC, first, also) for paper, first, also in topics]


def naive(delivery: Delivery, papers: dict[int, Paper]) -> bytes:
    """What one writes first: render both parts for each reader, and let Django do the rest."""
    reader = delivery.subscriber
    page = f"https://news.example.org/paper/{'t' * 52}"
    parts = {"html": "", "txt": ""}
    for number, pick in enumerate(delivery.picks, start=1):
        paper = papers[pick.paper_id]
        topics = {a.topic_id: (a.topic.name, a.reason) for a in paper.assignments.all()}
        why = reasons.sentence(
            pick.why, pick.reference, pick.also_topic, topics=topics, names=reasons.NO_NAMES
        )
        said = paper_facts.facts(paper, (number, PAPERS), detours={}) | {
            "hole": {"number": number, "lead": f"{number}. ", "why": why, "reason": why},
            "feedback_url": f"{page}/{paper.pk}/",
        }
        for part in parts:
            parts[part] += render_to_string(f"email/digest/card.{part}", said)
    around = shell._facts(delivery.issue) | {  # noqa: SLF001
        "preferences_url": links.preferences(reader),
        "unsubscribe_url": links.unsubscribe(reader),
    }
    bodies = {}
    for part, made in parts.items():
        around["hole"] = {"headline": "10 papers for you", "cards": made, "preheader": "Also"}
        bodies[part] = render_to_string(f"email/digest/body.{part}", around)
    mail = EmailMultiAlternatives("10 papers for you", bodies["txt"], to=[reader.email])
    mail.attach_alternative(bodies["html"], "text/html")
    return mail.message().as_bytes()


def rate(work: Callable[[], int]) -> float:
    """Pieces of work per second of this process's own time on a core."""
    began = time.process_time()
    done = work()
    return done / (time.process_time() - began)


def main(readers: int) -> None:  # noqa: C901
    machine = figures.machine()
    connection.settings_dict["TEST"]["NAME"] = f"{FOLDER.name}/test.sqlite3"
    connection.creation.create_test_db(verbosity=0)
    mails = fill(readers)
    chunks = [mails[start : start + CHUNK] for start in range(0, readers, CHUNK)]
    papers = Paper.objects.with_topics().in_bulk()
    wires = [compose.compose_all(chunk)(chunk[0]).wire() for chunk in chunks]
    size = sum(map(len, wires)) // len(wires)
    block = bytearray(size)

    def ours(composers: Sequence[Callable]) -> int:
        for chunk, composer in zip(chunks, composers, strict=True):
            for mail in chunk:
                composer(mail).wire()
        return readers

    def loaded_and_composed() -> int:
        for chunk in chunks:
            composer = compose.compose_all(chunk)
            for mail in chunk:
                composer(mail).wire()
        return readers

    def django_way() -> int:
        for mail in mails[:NAIVE]:
            naive(mail, papers)
        return NAIVE

    def copy() -> int:
        for _ in range(readers):
            bytes(block)
        return readers

    lines: dict[str, list[float]] = {}
    for _ in range(RUNS):
        composers = [compose.compose_all(chunk) for chunk in chunks]
        run = {
            "composed/s": rate(lambda made=composers: ours(made)),
            "with loading/s": rate(loaded_and_composed),
            "Django's way/s": rate(django_way),
            "copied/s": rate(copy),
        }
        run["composed : Django"] = run["composed/s"] / run["Django's way/s"]
        run["composed : copied"] = run["composed/s"] / run["copied/s"]
        for name, value in run.items():
            lines.setdefault(name, []).append(value)
    title = f"{machine}, {readers} readers, {OWN} of {PAPERS} papers each, {size:,} bytes"
    figures.show(f"{title}, {RUNS} paired runs", lines)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
