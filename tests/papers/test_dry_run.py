"""A dry run says exactly what storing then does, and writes nothing."""

from __future__ import annotations

import random
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from papers import dry_run
from papers.models import Paper
from papers.sources import Refused, SourceError
from tests.papers.ingest_steps import AT, breaking_off, outcome, record, records, store, votes

pytestmark = pytest.mark.django_db


def test_new_known_and_changed_papers_are_told_apart():
    store(record(1), record(2))
    found = dry_run.of([record(1), record(2, abstract="It skates."), record(3)], at=AT)
    assert [paper.title for paper in found.created] == ["Skating robots 3"]
    assert [paper.title for paper in found.unchanged] == ["Skating robots 1"]
    (edited,) = found.updated
    assert edited.paper.title == "Skating robots 2"
    assert edited.changes == [dry_run.Change("abstract", "", "It skates.")]


def test_lists_and_dates_are_told_as_text():
    store(record(authors=("Ada One",)))
    again = record(authors=("Ada One", "Ben Two"), listed_on=date(2026, 3, 17))
    assert dry_run.of([again], at=AT).updated[0].changes == [
        dry_run.Change("authors", "Ada One", "Ada One, Ben Two"),
        dry_run.Change("listed_on", "2026-03-16", "2026-03-17"),
    ]


def test_long_texts_are_shown_from_where_they_differ():
    store(record(abstract=f"{'word ' * 100}old end."))
    (change,) = dry_run.of([record(abstract=f"{'word ' * 100}new end.")], at=AT).updated[0].changes
    assert change.before.startswith("…")
    assert change.before.endswith("old end.")
    assert change.after.endswith("new end.")
    assert len(change.after) < 60


def test_what_storing_would_refuse_is_refused():
    found = dry_run.of([Refused("line 1", "torn"), record(2, title=""), record(3)], at=AT)
    assert [item.reason for item in found.refused] == ["torn", "it has no title"]
    assert len(found.created) == 1


def test_what_came_before_an_error_is_told():
    found = dry_run.of(breaking_off(record(1), error=SourceError("it is torn")), at=AT)
    assert (len(found.created), found.error) == (1, "it is torn")


def test_topics_that_nobody_defined_are_named(make_topic):
    make_topic("agents")
    found = dry_run.of([record(topics=("agents", "skating", "ice"))], at=AT)
    assert found.unknown_topics == ["ice", "skating"]


def test_nothing_is_written():
    store(record(1))
    with CaptureQueriesContext(connection) as queries:
        dry_run.of([*records(5), record(1, abstract="New.", counts=votes(7))], at=AT)
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}
    assert Paper.objects.count() == 1


def any_record(chance):
    """One of a few papers, by id or by title or both, saying more or less of it."""
    number = chance.randrange(1, 60)
    return record(
        number,
        arxiv_id=chance.choice(["", f"2603.{number:05}"]),
        title=chance.choice(["", "SKATING  robots", f"Skating robots {number}"]),
        abstract=chance.choice(["", "One.", "Two."]),
        counts=chance.choice([(), votes(chance.randrange(9))]),
    )


@pytest.mark.parametrize("seed", range(5))
def test_storing_does_what_the_dry_run_said(seed):
    chance = random.Random(seed)
    store(*(any_record(chance) for _ in range(30)))
    items = [any_record(chance) for _ in range(450)]  # more than two batches
    found = dry_run.of(items, at=AT)
    ingestion = store(*items)
    counts = len(found.created), len(found.updated), len(found.unchanged)
    assert outcome(ingestion) == counts
    assert ingestion.refusals.count() == len(found.refused)
    after = {paper.pk: paper for paper in Paper.objects.all()}
    for edited in found.updated:
        stored = after[edited.paper.pk]
        assert [getattr(stored, name) for name in dry_run.SHOWN] == [
            getattr(edited.paper, name) for name in dry_run.SHOWN
        ]
