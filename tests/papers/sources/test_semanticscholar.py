from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from papers.sources import PaperRecord, Refused, SourceError, semanticscholar

PAPER = {
    "paperId": "f00",
    "externalIds": {"ArXiv": "2603.00001", "CorpusId": 7},
    "title": "Paper boats",
    "abstract": None,
    "publicationDate": "2026-03-13",
    "citationCount": 4,
    "authors": [{"authorId": None, "name": "Ada Pond"}, {"authorId": "2", "name": None}, None],
}
BOATS = PaperRecord(
    title="Paper boats",
    place="saved.txt, record 1",
    arxiv_id="2603.00001",
    authors=("Ada Pond",),
    published_at=datetime(2026, 3, 13, tzinfo=UTC),
    is_update=True,
)


@pytest.mark.parametrize(
    "answer",
    [
        [PAPER],
        PAPER,
        {"total": 1, "data": [PAPER]},
        {"data": [{"citingPaper": PAPER}]},
        {"data": [{"citedPaper": PAPER}]},
        {"recommendedPapers": [PAPER]},
        {"result": [PAPER]},
    ],
)
def test_a_paper_is_found_in_every_kind_of_answer(read, answer):
    assert read("semanticscholar", json.dumps(answer)) == [BOATS]


def test_an_unknown_paper_in_a_batch_costs_no_other(read):
    refused, record = read("semanticscholar", json.dumps([None, PAPER]))
    assert refused.reason == "Semantic Scholar does not know this paper"
    assert record.arxiv_id == "2603.00001"


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({**PAPER, "externalIds": None}, "it has no arXiv id"),
        ({**PAPER, "externalIds": {"DOI": "10.0000/1"}}, "it has no arXiv id"),
        ({**PAPER, "title": None}, "it has no title"),
        ({"authorId": "1", "name": "Ada Pond"}, "it is no paper"),
        ("text", "it is no paper"),
    ],
)
def test_what_is_no_paper_of_arxiv_is_refused(read, odd, reason):
    [refused] = read("semanticscholar", json.dumps([odd]))
    assert (type(refused), refused.reason) == (Refused, reason)


def test_authors_may_be_null(read):
    [record] = read("semanticscholar", json.dumps([{**PAPER, "authors": None}]))
    assert record.authors == ()


def test_an_empty_search_is_no_error(read):
    assert read("semanticscholar", '{"total": 0, "offset": 0}') == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ('{"error": "Paper with id 0 not found"}', "says: Paper with id 0 not found"),
        ('{"message": "Forbidden"}', "says: Forbidden"),
        ('{"authorId": "1", "name": "Ada Pond"}', "is no answer of Semantic Scholar that is read"),
        ("7", "is no answer of Semantic Scholar that is read"),
        ("<html>", "is a web page or XML"),
    ],
)
def test_what_holds_no_papers_is_an_error(read, answer, message):
    with pytest.raises(SourceError, match=message):
        read("semanticscholar", answer)


def test_it_is_not_fetched():
    with pytest.raises(SourceError, match="use --file"):
        semanticscholar.fetch(since=date(2026, 3, 1), until=date(2026, 3, 2))
