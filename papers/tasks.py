"""Celery entry points: read the sources that are due, and learn from what came."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.utils.timezone import now

from papers import announcements, curating, growing, ingest, lookups, training
from papers.doorbell import ring
from papers.sources import Item, SourceError

logger = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=7)  # votes go on for about a week
# arXiv wants 3 s between requests and may be slow: a reading may last, but not for ever.
READING_SECONDS = 480
RECONCILE_EVERY = timedelta(hours=20)
RESUME_AFTER = timedelta(hours=1)  # arXiv's bookmarks are good until midnight
COMPLETE_EVERY = timedelta(hours=6)
CHECK_EVERY = timedelta(hours=12)  # so no digest is opened on older news of withdrawals


@shared_task(name="papers.poll", ignore_result=True)
def poll() -> None:
    """Have every source read that was not read lately.  Beat rings this; the rows decide."""
    every = timedelta(minutes=settings.POLL_MINUTES)
    for source in ingest.due(settings.PAPER_SOURCES, every=every, at=now()):
        ring_source(source)


@shared_task(name="papers.ingest_source", ignore_result=True, soft_time_limit=READING_SECONDS,
             time_limit=READING_SECONDS + 30)  # fmt: skip
def ingest_source(source: str) -> None:
    """Read one source.  No retry: the next poll asks for the same days again."""
    at = now()
    _take_in(source, _last_week(source, at=at), at=at)


@shared_task(name="papers.reconcile", ignore_result=True, soft_time_limit=READING_SECONDS,
             time_limit=READING_SECONDS + 30)  # fmt: skip
def reconcile() -> None:
    """Once a day, read what changed on arXiv; a reading that broke off goes on sooner."""
    source, at = "arxiv-oai", now()
    every = RESUME_AFTER if ingest.left_off(source) else RECONCILE_EVERY
    if _may_ask_arxiv(source, every=every, at=at):
        _take_in(source, _last_week(source, at=at), at=at)


@shared_task(name="papers.complete", ignore_result=True, soft_time_limit=READING_SECONDS,
             time_limit=READING_SECONDS + 30)  # fmt: skip
def complete() -> None:
    """Look up the papers of which another source did not tell the categories or authors."""
    at = now()
    if _may_ask_arxiv(lookups.COMPLETE, every=COMPLETE_EVERY, at=at):
        _take_in(lookups.COMPLETE, lookups.look_up(lookups.incomplete(at=at)), at=at)


@shared_task(name="papers.check_withdrawals", ignore_result=True,
             soft_time_limit=READING_SECONDS, time_limit=READING_SECONDS + 30)  # fmt: skip
def check_withdrawals() -> None:
    """Look up whether the papers of the next weekly digests still stand."""
    at = now()
    if _may_ask_arxiv(lookups.WITHDRAWALS, every=CHECK_EVERY, at=at):
        _take_in(lookups.WITHDRAWALS, lookups.look_up(lookups.recent(at=at)), at=at)


def _last_week(source: str, *, at: datetime) -> Iterable[Item]:
    return ingest.fetched(source, since=(at - LOOK_BACK).date(), until=at.date())


def _take_in(source: str, items: Iterable[Item], *, at: datetime) -> None:
    try:
        ingest.take_in(source, items, at=at)
    except SourceError as error:
        logger.warning("%s could not be read: %s", source, error)


def _may_ask_arxiv(reading: str, *, every: timedelta, at: datetime) -> bool:
    """True if arXiv is polled here, this reading is due, and not all the world is asking."""
    if "arxiv" not in settings.PAPER_SOURCES or announcements.is_rush_hour(at):
        return False
    return bool(ingest.due([reading], every=every, at=at))


@shared_task(name="papers.learn_growth", ignore_result=True)
def learn_growth() -> None:
    """Learn how votes grow on this site."""
    growing.learn_growth(at=now())


@shared_task(name="papers.train_topics", ignore_result=True, soft_time_limit=READING_SECONDS,
             time_limit=READING_SECONDS + 30)  # fmt: skip
def train_topics() -> None:
    """Train the model of topics, if it is time.  Beat rings this; the rows decide."""
    at = now()
    if training.is_due(at=at):
        logger.info("trained %s", training.train(at=at))


@shared_task(name="papers.train_now", ignore_result=True, soft_time_limit=READING_SECONDS,
             time_limit=READING_SECONDS + 30)  # fmt: skip
def train_now() -> None:
    """Train the model of topics because an operator asked for it."""
    try:
        logger.info("trained %s", training.train(at=now()))
    except ValueError as error:
        logger.warning("nothing was trained: %s", error)


@shared_task(name="papers.classify_recent", ignore_result=True, soft_time_limit=READING_SECONDS,
             time_limit=READING_SECONDS + 30)  # fmt: skip
def classify_recent() -> None:
    """Give recent papers their topics again, after an editor changed what tells them."""
    curating.classify_recent(at=now())


def ring_classify() -> bool:
    """Ask a worker to classify recent papers; False if Redis did not take the question."""
    return ring(classify_recent, expires=READING_SECONDS)


def ring_training() -> bool:
    """Ask a worker to train a version now; False if Redis did not take the question."""
    return ring(train_now, expires=READING_SECONDS)


def ring_source(source: str) -> bool:
    """Ask a worker to read one source; False if Redis did not take the question."""
    return ring(ingest_source, source, expires=settings.TICK_SECONDS)
