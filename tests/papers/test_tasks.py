from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.utils.timezone import now

from newsletter.config import celery_app
from papers import sources, tasks
from papers.models import GrowthPoint, Ingestion, Paper
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


def test_polling_asks_for_the_sources_that_were_not_read_lately(monkeypatch, settings):
    settings.PAPER_SOURCES, settings.POLL_MINUTES = ["huggingface", "arxiv", "sample"], 45
    for source, minutes in [("huggingface", 46), ("arxiv", 44)]:
        Ingestion.objects.create(source=source, started_at=now() - timedelta(minutes=minutes))
    asked = []
    monkeypatch.setattr(tasks, "ring", lambda task, source, expires: asked.append(source))
    tasks.poll()
    assert asked == ["huggingface", "sample"]


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


def test_a_worker_is_asked_through_the_broker():
    with celery_app.connection_for_write() as connection:
        queue = connection.SimpleQueue("papers")
        queue.clear()
        tasks.ring_source("arxiv")
        message = queue.get(timeout=5)
        message.ack()
        queue.close()
    assert message.headers["task"] == "papers.ingest_source"
    assert message.payload[0] == ["arxiv"]


TASKS = [
    (tasks.reconcile, "arxiv-oai"),
    (tasks.complete, "arxiv-complete"),
    (tasks.check_withdrawals, "arxiv-withdrawals"),
]


@pytest.fixture
def arxiv(monkeypatch, source, settings):
    settings.PAPER_SOURCES = ["arxiv"]
    source.items = [PaperRecord(title="Skating robots", place="record 1")]
    monkeypatch.setattr(tasks.lookups, "look_up", lambda ids: iter(source.items))
    return source


@pytest.mark.parametrize(("task", "reading"), TASKS)
@time_machine.travel("2026-03-17 06:30:00+00:00", tick=False)
def test_arxiv_is_asked_again_when_it_is_time(arxiv, task, reading):
    task()
    task()
    assert list(Ingestion.objects.values_list("source", flat=True)) == [reading]


@pytest.mark.parametrize(("task", "reading"), TASKS)
@time_machine.travel("2026-03-17 06:30:00+00:00", tick=False)
def test_arxiv_is_left_alone_where_it_is_no_source(arxiv, settings, task, reading):
    settings.PAPER_SOURCES = ["huggingface"]
    task()
    assert not Ingestion.objects.exists()


@pytest.mark.parametrize(("task", "reading"), TASKS)
@time_machine.travel("2026-03-17 00:30:00+00:00", tick=False)
def test_arxiv_is_not_asked_in_the_rush_after_an_announcement(arxiv, task, reading):
    task()
    assert not Ingestion.objects.exists()


@pytest.mark.parametrize(("task", "reading"), TASKS)
@time_machine.travel("2026-03-17 06:30:00+00:00", tick=False)
def test_trouble_while_asking_arxiv_is_noted(arxiv, caplog, task, reading):
    arxiv.items = breaking(SourceError("the line went dead", temporary=True))
    task()
    assert Ingestion.objects.get().error == "the line went dead"
    assert f"{reading} could not be read" in caplog.text


def breaking(error):
    yield from ()
    raise error


def test_a_harvest_that_broke_off_goes_on_within_the_day(arxiv):
    with time_machine.travel("2026-03-17 06:30:00+00:00", tick=False):
        Ingestion.objects.create(source="arxiv-oai", bookmark="page 3", started_at=now())
    asked = []

    def fetch(*, since, until, bookmark=""):
        asked.append(bookmark)
        yield from arxiv.items

    arxiv.fetch = fetch
    for moment in ("07:00", "07:40", "09:00"):
        with time_machine.travel(f"2026-03-17 {moment}:00+00:00", tick=False):
            tasks.reconcile()
    assert asked == ["page 3"]


def test_growth_is_learned_now_and_then():
    tasks.learn_growth()
    assert GrowthPoint.objects.get(hours=168).share == 1
