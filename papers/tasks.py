"""Celery entry points: read the sources that are due, classify papers again."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils.timezone import now

from papers import curating, ingest
from papers.doorbell import ring
from papers.sources import SourceError

logger = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=7)  # votes go on for about a week
# arXiv wants 3 s between requests and may be slow: a reading may last, but not for ever.
READING_SECONDS = 480


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
    items = ingest.fetched(source, since=(at - LOOK_BACK).date(), until=at.date())
    try:
        ingest.take_in(source, items, at=at)
    except SourceError as error:
        logger.warning("%s could not be read: %s", source, error)


@shared_task(name="papers.classify_recent", ignore_result=True, soft_time_limit=READING_SECONDS,
             time_limit=READING_SECONDS + 30)  # fmt: skip
def classify_recent() -> None:
    """Give recent papers their topics again, after an editor changed what tells them."""
    curating.classify_recent(at=now())


def ring_classify() -> bool:
    """Ask a worker to classify recent papers; False if Redis did not take the question."""
    return ring(classify_recent, expires=READING_SECONDS)


def ring_source(source: str) -> bool:
    """Ask a worker to read one source; False if Redis did not take the question."""
    return ring(ingest_source, source, expires=settings.TICK_SECONDS)
