"""Digests a second over SMTP, the ledger on, against what one writes first and against C.

`python bench/bench_send.py 20000`: real Postgres with durable commits, Valkey, a worker with
two children a core and twenty sessions in all, into postfix's smtp-sink; against `smtp-source`
with as many sessions and mails of the same size, Django's `send_messages`, and a loop that sends
one by one.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.rig import Rig, cpu_seconds, family, memory_megabytes, smtp_source

CHILDREN = 2 * len(os.sched_getaffinity(0))  # while one waits for Postgres, another sends
RIG = Rig(SWEEP_SECONDS="5", TICK_SECONDS="3600", SMTP_SESSIONS=str(max(1, 20 // CHILDREN)))

SINK = RIG.start_sink()
os.environ["EMAIL_URL"] = RIG.processes.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{SINK}"

import django

django.setup()

# ruff: noqa: E402  # the servers, then the settings, then the models
from datetime import UTC, date, datetime

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection
from django.template import Context, Template
from django.utils.timezone import now

from bench import figures
from newsletter import picks, tasks
from newsletter.compose import compose_all
from newsletter.models import Delivery, Issue
from newsletter.picks import Pick, Why
from papers.models import Assignment, Paper, Topic
from subscriptions.models import Subscriber
from subscriptions.verdicts import State

RUNS, PAPERS, EACH, NAIVE = 5, 200, 10, 300
MOMENT = datetime(2026, 3, 17, 12, tzinfo=UTC)
SENTENCE = "We look at one more way to do it & measure what it costs when $x < y$. "
SERIAL = count(1)


def make_papers() -> list[Paper]:
    topics = list(Topic.objects.all())
    for number in range(PAPERS):
        paper = Paper.objects.create(
            title=f"Paper {number} on a subject of middling length, with a subtitle",
            title_key=f"paper {number}", abstract=SENTENCE * 15, arxiv_id=f"2603.{number:05}",
            authors=["Ada Example", "Grace Example", "Emmy Example"], listed_on=date(2026, 3, 16),
            first_seen_at=MOMENT, trend_score=(number + 1) / PAPERS, votes=number,
        )  # fmt: skip
        for topic in random.sample(topics, 3):
            Assignment.objects.create(paper=paper, topic=topic, reason="arXiv cs.LG")
    return list(Paper.objects.prefetch_related("assignments"))


def some_picks(papers: list[Paper]) -> bytes:
    chosen = random.sample(papers, EACH)
    return picks.pack(
        Pick(paper.pk, 1.0, Why.TOPIC, paper.assignments.all()[0].topic_id) for paper in chosen
    )


def make_readers(readers: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO subscriptions_subscriber (email, public_id, token_version, state,"
            " state_changed_at, created_at, cadence, weekday, hour, time_zone, length, trend_share,"
            " bounce_score, is_counted) SELECT 'reader' || n || '@example.net', gen_random_uuid(),"
            " 0, 'confirmed', now(), now(), 'daily', 0, 7, 'UTC', 10, 0.4, 0, false"
            " FROM generate_series(1, %s) AS n",
            [readers],
        )


def make_issue(papers: list[Paper]) -> Issue:
    """A fresh issue to all readers, each with papers of his own."""
    with connection.cursor() as cursor:  # what was deleted row by row would be vacuumed meanwhile
        cursor.execute("TRUNCATE newsletter_delivery, newsletter_sent CASCADE")
    issue = Issue.objects.create(
        cadence="daily", on=date.fromordinal(date(2026, 1, 1).toordinal() + next(SERIAL)),
        opened_at=now(), state=Issue.State.OPEN,
    )  # fmt: skip
    worlds = [some_picks(papers) for _ in range(2000)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO newsletter_delivery (public_id, state, created_at, claims, attempts,"
            " resends, provider_id, error, issue_id, subscriber_id, lane, packed_picks)"
            " SELECT gen_random_uuid(), 'pending', now(), 0, 0, 0, '', '', %s, id, 'other',"
            " (%s::bytea[])[1 + id %% 2000] FROM subscriptions_subscriber ORDER BY id",
            [issue.pk, worlds],
        )
        issue.expected_count = cursor.rowcount
        issue.save()
        cursor.execute("VACUUM ANALYZE newsletter_delivery")
    return issue


def product(issue: Issue, worker: int) -> tuple[float, dict[str, float]]:
    """Ring once, and wait until everything was accepted; mails a second, and seconds of CPU."""
    parts = {
        "worker": lambda: cpu_seconds(*family(worker)),
        "celery": lambda: cpu_seconds(worker, RIG.valkey.process.pid),
        "postgres": lambda: cpu_seconds(*family(RIG.postgres.process.pid)),
        "valkey": lambda: cpu_seconds(RIG.valkey.process.pid),
    }
    before = {name: part() for name, part in parts.items()}
    began = time.perf_counter()
    tasks.ring_pump()
    while Delivery.objects.filter(state=State.PENDING).exists():
        time.sleep(0.05)
    while issue.deliveries.exclude(state=State.ACCEPTED).exists():
        time.sleep(0.01)
        if time.perf_counter() - began > 300:
            raise SystemExit(f"not everything was accepted: {issue.deliveries.counts()}")
    rate = issue.expected_count / (time.perf_counter() - began)
    return rate, {name: part() - before[name] for name, part in parts.items()}


DIGEST = Template(
    "{% for paper in papers %}<h2>{{ paper.title }}</h2><p>{{ paper.byline }}</p>"
    '<p>{{ paper.teaser }}</p><p style="color:#5a6070">{{ paper.votes }} votes'
    ' <a href="{{ paper.abstract_url }}">Abstract</a> <a href="{{ paper.pdf_url }}">PDF</a></p>'
    "{% endfor %}"
)


def naive_message(reader: Subscriber, paper_ids: list[int]) -> EmailMultiAlternatives:
    papers = list(Paper.objects.filter(pk__in=paper_ids))
    context = Context({"papers": papers, "reader": reader})
    message = EmailMultiAlternatives(
        f"{len(papers)} papers for you", DIGEST.render(context) * 2, to=[reader.email]
    )
    message.attach_alternative(DIGEST.render(context) * 4, "text/html")
    return message


def first_readers(number: int) -> Iterator[tuple[Subscriber, list[int]]]:
    for delivery in Delivery.objects.select_related("subscriber")[:number]:
        yield delivery.subscriber, delivery.paper_ids


def naive(number: int) -> float:
    """For each reader query, render, connect, send."""
    began = time.perf_counter()
    for reader, paper_ids in first_readers(number):
        naive_message(reader, paper_ids).send()
    return number / (time.perf_counter() - began)


def one_connection(number: int) -> float:
    began = time.perf_counter()
    messages = [naive_message(*found) for found in first_readers(number)]
    get_connection().send_messages(messages)
    return number / (time.perf_counter() - began)


def main(readers: int, runs: int) -> None:
    RIG.migrate()
    random.seed(1)
    papers = make_papers()
    make_readers(readers)
    issue = make_issue(papers)
    sample = list(issue.deliveries.all()[:50])
    compose = compose_all(sample)
    octets = sum(len(compose(delivery).wire()) for delivery in sample) // len(sample)
    worker = RIG.start_worker(children=CHILDREN)
    product(issue, worker)  # caches, connections, plans
    machine = figures.machine()
    lines: dict[str, list[float]] = {}
    for _ in range(runs):
        issue = make_issue(papers)
        rate, cpu = product(issue, worker)
        anchor = smtp_source(SINK, count=readers, octets=octets)
        slow, batch = naive(NAIVE), one_connection(NAIVE)
        total = cpu["worker"] + cpu["postgres"] + cpu["valkey"]
        found = {
            "ours, mails/s": rate,
            "smtp-source -s 20, mails/s": anchor,
            "naive loop, mails/s": slow,
            "send_messages, mails/s": batch,
            "ours : smtp-source": rate / anchor,
            "ours : naive loop": rate / slow,
            "ours : send_messages": rate / batch,
            "us of CPU a mail": total / readers * 1e6,
            " of these in Postgres": cpu["postgres"] / readers * 1e6,
            "Celery and Valkey, %": cpu["celery"] / total * 100,
        }
        for name, figure in found.items():
            lines.setdefault(name, []).append(figure)
    figures.show(f"{readers} mails of {octets} octets; {machine}", lines)
    peaks = ", ".join(f"{memory_megabytes(pid):.0f}" for pid in family(worker))
    print(f"most memory of the worker's processes: {peaks} MB")  # noqa: T201


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    main(*(arguments + [20_000, RUNS][len(arguments) :]))
