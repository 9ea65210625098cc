"""Celery entry points: poll the sources, keep the scores fresh."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import current_app, shared_task
from django.conf import settings
from django.utils.timezone import now

from papers import ingest, scoring
from papers.sources import SourceError

logger = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=7)  # votes go on for about a week


@shared_task(name="papers.poll", ignore_result=True)
def poll() -> None:
    """Beat's entry: read every configured source, each in its own task."""
    for source in settings.PAPER_SOURCES:
        ingest_source.delay(source)


@shared_task(name="papers.ingest_source", ignore_result=True)
def ingest_source(source: str) -> None:
    """Read one source.  No retry: the next poll asks for the same days again."""
    at = now()
    items = ingest.fetched(source, since=(at - LOOK_BACK).date(), until=at.date())
    try:
        ingest.take_in(source, items, at=at)
    except SourceError as error:
        logger.warning("%s could not be read: %s", source, error)


@shared_task(name="papers.score_recent", ignore_result=True)
def score_recent() -> None:
    scoring.score_recent(today=now().date())


def ask_for(source: str) -> None:
    """Ask a worker to read one source; raise kombu's `OperationalError` if Redis is away.

    Celery would try to connect for seconds, and somebody waits for the page.
    """
    options = {**current_app.conf.broker_transport_options, "max_retries": 0}
    with current_app.connection_for_write(transport_options=options) as connection:
        ingest_source.apply_async((source,), retry=False, connection=connection)  # type: ignore[call-arg]
