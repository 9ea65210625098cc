from __future__ import annotations

import time
from functools import partial
from types import SimpleNamespace

import pytest
import time_machine
from kombu.exceptions import OperationalError

from newsletter.config import celery_app
from papers import sources, tasks
from papers.models import Ingestion, Paper
from papers.sources import PaperRecord, SourceError

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(monkeypatch):
    """A source that notes what it is asked for, and gives `items`, then `error`."""
    source = SimpleNamespace(items=[], error=None, asked=[])

    def fetch(*, since, until):
        source.asked.append((since.isoformat(), until.isoformat()))
        yield from source.items
        if source.error:
            raise source.error

    source.fetch = fetch
    monkeypatch.setattr(sources, "load", lambda name: source)
    return source


def test_tasks_have_explicit_names():
    names = {task.name for task in (tasks.poll, tasks.ingest_source, tasks.score_recent)}
    assert names == {"papers.poll", "papers.ingest_source", "papers.score_recent"}


def test_polling_asks_for_one_task_per_source(monkeypatch, settings):
    asked = []
    monkeypatch.setattr(tasks.ingest_source, "delay", asked.append)
    settings.PAPER_SOURCES = ["huggingface", "arxiv"]
    tasks.poll()
    assert asked == ["huggingface", "arxiv"]


@time_machine.travel("2026-03-17 23:30:00+00:00", tick=False)
def test_a_source_is_asked_for_the_last_week(source):
    source.items = [PaperRecord(title="Skating robots", place="record 1")]
    tasks.ingest_source("huggingface")
    assert source.asked == [("2026-03-10", "2026-03-17")]
    assert Paper.objects.get().title == "Skating robots"


@pytest.mark.parametrize("temporary", [True, False])
def test_an_unreadable_source_is_noted_and_logged(source, caplog, temporary):
    source.error = SourceError("the line went dead", temporary=temporary)
    tasks.ingest_source("arxiv")
    assert Ingestion.objects.get().error == "the line went dead"
    assert "arxiv could not be read: the line went dead" in caplog.text


@time_machine.travel("2026-03-17 12:00:00+00:00", tick=False)
def test_recent_lists_are_scored(make_paper):
    paper = make_paper(votes=3, trend_score=0)
    tasks.score_recent()
    paper.refresh_from_db()
    assert paper.trend_score > 0


def test_a_worker_is_asked_through_the_broker():
    with celery_app.connection_for_write() as connection:
        queue = connection.SimpleQueue("papers")
        queue.clear()
        tasks.ask_for("arxiv")
        message = queue.get(timeout=5)
        message.ack()
        queue.close()
    assert message.headers["task"] == "papers.ingest_source"
    assert message.payload[0] == ["arxiv"]


def test_nobody_waits_for_a_broker_that_is_away(monkeypatch):
    nowhere = partial(celery_app.connection_for_write, "redis://127.0.0.1:1/0")
    monkeypatch.setattr(celery_app, "connection_for_write", nowhere)
    began = time.perf_counter()
    with pytest.raises(OperationalError):
        tasks.ask_for("arxiv")
    assert time.perf_counter() - began < 2
