from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from papers import ingest, lookups
from papers.models import Paper
from papers.sources import PaperRecord
from papers.sources.arxiv import query

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 20, 6, tzinfo=UTC)
TOLD = {"authors": ["Ada Pond"], "categories": ["cs.AI"]}


def test_papers_that_lack_authors_or_categories_are_incomplete(make_paper):
    make_paper(arxiv_id="2603.00001", **TOLD)
    make_paper(arxiv_id="2603.00002", **{**TOLD, "authors": []})
    make_paper(arxiv_id="2603.00003", **{**TOLD, "categories": []})
    make_paper(arxiv_id=None)
    old = AT - timedelta(days=9)
    make_paper(arxiv_id="2603.00004", listed_on=old.date(), first_seen_at=old)
    assert lookups.incomplete(at=AT) == ["2603.00002", "2603.00003"]


def test_papers_of_the_last_eight_days_that_still_stand_are_checked(make_paper):
    make_paper(arxiv_id="2603.00001", listed_on=date(2026, 3, 12))
    make_paper(arxiv_id="2603.00002", listed_on=date(2026, 3, 19))
    make_paper(arxiv_id="2603.00003", withdrawn_on=date(2026, 3, 19))
    old = AT - timedelta(days=9)
    make_paper(arxiv_id="2603.00004", listed_on=old.date(), first_seen_at=old)
    assert lookups.recent(at=AT) == ["2603.00002", "2603.00001"]


def test_what_a_look_up_says_is_stored_and_a_withdrawn_paper_is_gone(make_paper, monkeypatch):
    paper = make_paper("Boats", arxiv_id="2603.00001", listed_on=date(2026, 3, 19))

    def lookup(ids):
        for name in ids:
            yield PaperRecord(
                title="Boats",
                place="answer",
                arxiv_id=name,
                authors=("Ada Pond",),
                categories=("cs.AI",),
                version=2,
                is_withdrawn=True,
                is_update=True,
            )

    monkeypatch.setattr(query, "lookup", lookup)
    ids = [*lookups.recent(at=AT), "2603.00009"]
    ingest.take_in(lookups.WITHDRAWALS, lookups.look_up(ids), at=AT)
    paper.refresh_from_db()
    assert (paper.authors, paper.categories, paper.version) == (["Ada Pond"], ["cs.AI"], 2)
    assert paper.withdrawn_on == AT.date()
    assert paper.listed_on == date(2026, 3, 19)
    assert list(Paper.objects.trending(until=AT.date(), days=7)) == []
    assert Paper.objects.count() == 1
