"""Builders and surroundings that many tests share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count

import pytest

from newsletter import foretaste
from papers.models import Paper, Topic
from subscriptions import even_time
from subscriptions.models import Interest, Subscriber

MOMENT = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)  # a Tuesday
_serial = count(1)


@pytest.fixture(autouse=True)
def anymail_outbox(settings):
    """Send through Anymail's test backend, which fills in `anymail_status`.

    Django's test runner swaps EMAIL_BACKEND for its own, so a setting is not enough.
    """
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"


@pytest.fixture(autouse=True)
def journal_folder(settings, tmp_path):
    """Processes of a test leave their journals to nobody else."""
    settings.JOURNAL_DIR = str(tmp_path / "journal")


@pytest.fixture(autouse=True)
def _no_even_time(monkeypatch):
    """Nobody waits for an answer that takes as long as every other."""
    monkeypatch.setattr(even_time, "STEP", 0)


@pytest.fixture(autouse=True)
def foretaste_of_this_test():
    """What one test saw of past days is nothing to the next."""
    foretaste.load.cache_clear()


@pytest.fixture
def make_topic(db):
    def make(slug="agents", **fields) -> Topic:
        fields.setdefault("name", slug.replace("-", " ").capitalize())
        return Topic.objects.get_or_create(slug=slug, defaults=fields)[0]

    return make


@pytest.fixture
def make_paper(make_topic):
    """A paper on the list of `listed_on`; `topics` are slugs."""

    def make(title=None, *, topics=(), **fields) -> Paper:
        serial = next(_serial)
        title = title or f"Paper number {serial}"
        fields.setdefault("arxiv_id", f"2603.{serial:05}")
        fields.setdefault("abstract", f"We study things of kind {serial}. They are interesting.")
        fields.setdefault("listed_on", date(2026, 3, 16))
        fields.setdefault("first_seen_at", MOMENT)
        fields.setdefault("title_key", title.casefold())
        fields.setdefault("trend_score", 0.5)
        paper = Paper.objects.create(title=title, **fields)
        for slug in topics:
            paper.assignments.create(topic=make_topic(slug), reason=f'title mentions "{slug}"')
        return paper

    return make


@pytest.fixture
def make_subscriber(make_topic):
    """A confirmed daily reader; `topics` are slugs."""

    def make(email=None, *, topics=(), **fields) -> Subscriber:
        fields.setdefault("state", Subscriber.State.CONFIRMED)
        fields.setdefault("state_changed_at", MOMENT)
        email = email or f"reader{next(_serial)}@example.net"
        subscriber = Subscriber.objects.create(email=email, **fields)
        for slug in topics:
            Interest.objects.create(subscriber=subscriber, topic=make_topic(slug))
        return subscriber

    return make
