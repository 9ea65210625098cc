"""Readers and papers by the hundred thousand, made by the database itself."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime

import numpy as np
from django.db import connection

from papers import likeness, vectors
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
INSERT INTO subscriptions_taste (subscriber_id, vector, aversion)
SELECT s.id, b.vector, b.aversion
FROM subscriptions_subscriber s JOIN bench_taste b ON b.kind = s.id %% 4096
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
    # The words are nobody's, so no table knows them: papers on one topic are made alike here.
    dice = np.random.default_rng(1)
    directions = dice.standard_normal((TOPICS, vectors.DIMENSIONS))
    papers, about = [], []
    for number in range(FIRST_PAPER + 1, FIRST_PAPER + PAPERS + 1):
        title, abstract = (
            " ".join(chance.choices(vocabulary, spread, k=count)) for count in (10, 150)
        )
        numbers = chance.sample(range(TOPICS), chance.randint(1, 4))
        about.append([topics[n] for n in numbers])
        place = directions[numbers].sum(axis=0) + dice.standard_normal(vectors.DIMENSIONS)
        place *= vectors.LENGTH / np.linalg.norm(place)
        papers.append(
            Paper(
                pk=number, title=title, title_key=f"paper {number}", abstract=abstract,
                arxiv_id=f"2603.{number}", authors=["Ada Example"], listed_on=date(2026, 3, 16),
                first_seen_at=NOW, trend_score=chance.random(),
                vector=vectors.pack(np.rint(place).astype(np.int8)),
            )
        )  # fmt: skip
    Paper.objects.bulk_create(papers)
    Assignment.objects.bulk_create(
        Assignment(paper=paper, topic=topic, strength=chance.choice([0.6, 0.75, 0.9, 0.97]))
        for paper, its_topics in zip(papers, about, strict=True)
        for topic in its_topics
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
    run("CREATE TABLE bench_taste (kind integer, vector bytea, aversion bytea)")
    chance = random.Random(2)  # noqa: S311
    newest = FIRST_PAPER + PAPERS
    with connection.cursor() as cursor:
        for kind in range(512):
            for block in (newest // 4096 - 1, newest // 4096):
                span = range(block * 4096, min((block + 1) * 4096, newest - 333))
                offsets = [number % 4096 for number in chance.sample(span, len(span) // 48)]
                packed = np.array(offsets, "<u2").tobytes()
                cursor.execute("INSERT INTO bench_sent VALUES (%s, %s, %s)", [kind, block, packed])
    known = vectors.table([*Paper.objects.values_list("vector", flat=True)])
    with connection.cursor() as cursor:
        for kind in range(4096):
            more, less = known[chance.sample(range(PAPERS), 4)], known[:0]
            aversion = None
            if kind % 4 == 0:  # he wants fewer of something, too
                less = known[chance.sample(range(PAPERS), 1)]
                aversion = likeness.pack(likeness.learn(less, more, known))
            taste = likeness.pack(likeness.learn(more, less, known))
            cursor.execute("INSERT INTO bench_taste VALUES (%s, %s, %s)", [kind, taste, aversion])


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
