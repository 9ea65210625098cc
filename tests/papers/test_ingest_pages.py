"""What is remembered of a list beside its papers: which page it was, and who listed them."""

from __future__ import annotations

import pytest

from papers import ingest
from papers.models import Page, Paper
from papers.sources import PageRead, SourceError
from tests.papers.ingest_steps import breaking_off, record, records, store, take

pytestmark = pytest.mark.django_db
URL = "https://huggingface.co/api/daily_papers?date=2026-03-16"


def page(tag='"1"', **fields):
    return PageRead(URL, etag=tag, **fields)


def test_a_page_is_remembered_with_its_records():
    ingestion = store(*records(2), page(next_url=f"{URL}&p=1"))
    assert ingestion.created == 2
    assert Page.objects.values("url", "etag", "next_url").get() == {
        "url": URL,
        "etag": '"1"',
        "next_url": f"{URL}&p=1",
    }


def test_the_newest_version_of_a_page_is_the_one_that_is_remembered():
    store(page('"1"'), page('"2"'))
    store(page('"3"'))
    assert Page.objects.get().etag == '"3"'


def test_a_page_whose_records_were_not_stored_is_not_remembered(monkeypatch):
    def fail(drafts, *, source):
        raise ZeroDivisionError

    monkeypatch.setattr(ingest.rows, "save", fail)
    with pytest.raises(ZeroDivisionError):
        store(*records(2), page())
    assert not Page.objects.exists()


def test_a_page_that_broke_off_is_not_remembered():
    with pytest.raises(SourceError):
        take("huggingface", breaking_off(*records(2), error=SourceError("the line went dead")))
    assert Paper.objects.count() == 2
    assert not Page.objects.exists()


def test_pages_are_no_records():
    ingestion = store(record(), page(is_unchanged=True))
    assert (ingestion.created, ingestion.unchanged_pages) == (1, 1)
    assert not ingestion.refusals.exists()


def test_who_listed_a_paper_is_stored_and_not_forgotten_by_other_sources():
    store(record(submitter="0123456789abcdef", organisation="Pond Lab", has_video=True))
    store(record(abstract="New."), source="arxiv")
    paper = Paper.objects.get()
    assert (paper.submitter, paper.organisation) == ("0123456789abcdef", "Pond Lab")
    assert paper.has_video


def test_too_long_a_name_is_cut():
    store(record(submitter="0" * 99, organisation="Pond\nLab " * 99))
    paper = Paper.objects.get()
    assert (len(paper.submitter), len(paper.organisation)) == (16, 200)
    assert paper.organisation.startswith("Pond Lab Pond")
