from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from papers import ingest, rounds
from papers.health import State
from papers.models import Host, Ingestion
from papers.sources import PageRead, Refused, SourceError
from tests.papers.ingest_steps import breaking_off, record, records, take

NOW = datetime(2026, 3, 16, 14, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday(settings):
    settings.PAPER_SOURCES, settings.POLL_MINUTES = ["huggingface"], 45
    with time_machine.travel(NOW, tick=False):
        yield


def found(source="huggingface", *, at=NOW):
    return rounds.look(at=at)[source]


def fail(*, at):
    with pytest.raises(SourceError):
        take("huggingface", breaking_off(error=SourceError("the line went dead")), at=at)


def test_a_source_that_was_read_is_fresh():
    take("huggingface", records(3), at=NOW - MINUTE)
    assert found().state == State.FRESH


def test_the_newest_list_counts_also_when_it_is_not_sent_again():
    take("huggingface", records(3), at=NOW - 50 * MINUTE)
    take("huggingface", [PageRead("https://huggingface.co/api", is_unchanged=True)], at=NOW)
    assert found().state == State.FRESH
    assert Ingestion.objects.first().newest_list is None


def test_a_source_that_answers_nothing_is_odd():
    take("huggingface", [], at=NOW)
    assert found().state == State.ODD


def test_refused_records_are_counted():
    take("huggingface", [*records(6), *[Refused("record 7", "torn")] * 4], at=NOW)
    assert found().sentence == "4 of 10 records were refused: see why."


def test_a_source_that_fails_is_broken():
    fail(at=NOW - 45 * MINUTE)
    fail(at=NOW)
    assert found().state == State.BROKEN


def test_a_reading_that_runs_says_nothing_and_one_that_was_killed_is_a_failure():
    take("huggingface", records(3), at=NOW - 60 * MINUTE)
    Ingestion.objects.create(source="huggingface", started_at=NOW - 14 * MINUTE)
    assert found().state == State.FRESH
    for minutes in (17, 16):
        Ingestion.objects.create(source="huggingface", started_at=NOW - minutes * MINUTE)
    assert found().state == State.BROKEN
    assert "a worker was killed while it read" in found().sentence


def test_files_that_somebody_reads_are_no_polls():
    take("huggingface", records(3), at=NOW, place="2026-03-16.json")
    assert found().sentence == "It has not been read yet."


def test_a_source_without_lists_is_as_new_as_its_newest_paper(settings):
    settings.PAPER_SOURCES = ["arxiv"]
    take("arxiv", [record(listed_on=None)], at=NOW - timedelta(days=5))
    take("arxiv", [record(listed_on=None)], at=NOW)
    assert found("arxiv").sentence == "Its newest is of 2026-03-11, 3 working days ago."


@pytest.mark.parametrize(
    ("host", "expected"), [("huggingface.co", State.PAUSED), ("export.arxiv.org", State.FRESH)]
)
def test_a_paused_host_pauses_its_source(host, expected):
    take("huggingface", records(3), at=NOW)
    Host.objects.create(name=host, paused_until=NOW + MINUTE, why="it answered 429")
    assert found().state == expected
    assert found(at=NOW + MINUTE).state == State.FRESH


def test_the_command_says_how_each_source_is(settings):
    settings.PAPER_SOURCES = ["huggingface", "arxiv"]
    for source in settings.PAPER_SOURCES:
        ingest.take_in(source, records(3), at=NOW)
    out = StringIO()
    call_command("sources", stdout=out)
    assert out.getvalue().splitlines() == [
        f"{source}: fresh.  Last asked at 14:00 UTC; its newest is of 2026-03-16."
        for source in settings.PAPER_SOURCES
    ]


def test_the_command_fails_if_a_source_does():
    out = StringIO()
    with pytest.raises(CommandError, match="look after huggingface"):
        call_command("sources", stdout=out)
    assert out.getvalue() == "huggingface: late.  It has not been read yet.\n"


def test_warnings_tell_nothing_of_what_was_answered():
    fail(at=NOW)
    assert rounds.warnings(at=NOW) == ["the source huggingface is broken"]
    take("huggingface", records(3), at=NOW + MINUTE)
    assert rounds.warnings(at=NOW + MINUTE) == []


def test_holidays_that_end_soon_are_told_in_time(settings, db):
    settings.PAPER_SOURCES = ["arxiv"]
    said = rounds.warnings(at=datetime(2026, 12, 10, tzinfo=UTC))
    assert any("holidays are known until 31 December 2026" in sentence for sentence in said)
    settings.PAPER_SOURCES = ["huggingface"]
    said = rounds.warnings(at=datetime(2026, 12, 10, tzinfo=UTC))
    assert not any("holidays" in sentence for sentence in said)
