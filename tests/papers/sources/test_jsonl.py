"""Papers in JSON Lines, whole and torn, plain and packed."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from datetime import UTC, date, datetime

import pytest
import time_machine

from papers import sources
from papers.sources import Counts, PaperRecord, Refused, SourceError, packed

DAY = date(2026, 3, 16)
WHOLE = {
    "title": "Skating robots",
    "arxiv_id": "arXiv:2603.01234v2",
    "abstract": "They skate.",
    "summary": "Robots on ice.",
    "authors": ["Ada One", "Ben Two"],
    "categories": ["cs.RO", "cs.AI"],
    "topics": ["robotics"],
    "published_at": "2026-03-15T08:00:00Z",
    "listed_on": "2026-03-16",
    "code_url": "https://github.com/ada/skates",
    "project_url": "https://skates.example.org/",
    "votes": 41,
    "comments": 2,
    "stars": 7,
}

pytestmark = pytest.mark.usefixtures("tuesday")


@pytest.fixture(autouse=True)
def tuesday():
    with time_machine.travel(datetime(2026, 3, 17, 12, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def lines(read):
    """Read lines, given as text or as what JSON can hold."""

    def lines(*items, **options):
        texts = (item if isinstance(item, str) else json.dumps(item) for item in items)
        return read("jsonl", "\n".join(texts) + "\n", name="a.jsonl", **options)

    return lines


def reasons(items):
    return [item.reason for item in items if isinstance(item, Refused)]


def test_every_field_is_read(lines):
    seen_at = datetime(2026, 3, 17, tzinfo=UTC)
    assert lines(WHOLE) == [
        PaperRecord(
            title="Skating robots",
            place="a.jsonl, line 1",
            arxiv_id="2603.01234",
            abstract="They skate.",
            summary="Robots on ice.",
            authors=("Ada One", "Ben Two"),
            categories=("cs.RO", "cs.AI"),
            topics=("robotics",),
            published_at=datetime(2026, 3, 15, 8, tzinfo=UTC),
            listed_on=DAY,
            code_url="https://github.com/ada/skates",
            project_url="https://skates.example.org/",
            counts=(Counts(seen_at, votes=41, comments=2, stars=7),),
        )
    ]


def test_a_title_is_enough_and_lists_may_be_texts(lines):
    bare, listed = lines(
        {"title": "Proofs", "abstract": None},
        {"title": "P", "authors": "One, Ada; Ben Two;", "categories": "cs.AI, cs.CL cs.RO"},
    )
    assert (bare.counts, bare.listed_on, bare.authors) == ((), None, ())
    assert listed.authors == ("One, Ada", "Ben Two")
    assert listed.categories == ("cs.AI", "cs.CL", "cs.RO")


def test_the_date_of_the_file_is_for_lines_without_one(lines):
    own, given = lines(WHOLE, {"title": "Proofs", "votes": 3}, listed_on=date(2026, 3, 10))
    assert (own.listed_on, given.listed_on) == (DAY, date(2026, 3, 10))
    assert given.counts[0].seen_at == datetime(2026, 3, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"title": " "}, "it has no title"),
        ({"title": 7}, "its title is not a text"),
        ({"arxiv_id": 2603.01234}, "its arxiv_id is not a text; write it in quotes"),
        ({"arxiv_id": "2603.0123"}, "lacks a digit"),
        ({"arxiv_id": "hello"}, "its arxiv_id 'hello' is not an arXiv id"),
        ({"authors": [1]}, "its authors are not a list of texts"),
        ({"authors": {"name": "Ada"}}, "its authors are not a list of texts"),
        ({"categories": ["cs.AI", "Cats"]}, "its categories: 'Cats' is not"),
        ({"topics": ["a topic"]}, "its topics: 'a topic' is not"),
        ({"published_at": "2099-01-01"}, "its published_at '2099-01-01'"),
        ({"listed_on": "16/03/2026"}, "its listed_on '16/03/2026' is not a date"),
        ({"code_url": "javascript:alert(1)"}, "its code_url 'javascript:alert(1)'"),
        ({"votes": -1}, "its votes are not a whole number"),
        ({"votes": 1e400}, "its votes are not a whole number"),
        ({"stars": "many"}, "its stars are not a whole number"),
        ({"listed_on": "", "comments": 3}, "its votes need a list date"),
    ],
)
def test_a_value_that_is_none_is_named_and_the_other_lines_are_read(lines, fields, complaint):
    first, bad, last = lines(WHOLE, {**WHOLE, **fields}, WHOLE)
    assert bad.place == "a.jsonl, line 2"
    assert complaint in bad.reason
    assert (first.title, last.place) == ("Skating robots", "a.jsonl, line 3")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"title": "torn', "it is not JSON"),
        ("[" * 100_000, "it is"),
        ('["title"]', "it is not a JSON object"),
        ('{"title": "a\0b"}', "it contains NUL bytes"),
        ('{"title": ' + "9" * 5_000 + "}", "it is not JSON"),
    ],
)
def test_a_torn_line_costs_no_other(lines, line, complaint):
    bad, good = lines(line, "", WHOLE)[0], lines(line, "", WHOLE)[1]
    assert complaint in bad.reason
    assert good.place == "a.jsonl, line 3"


def test_bytes_that_are_not_utf_8_cost_only_their_line(read):
    latin = '{"title": "Caf\u00e9"}'.encode("latin-1")
    bad, good = read("jsonl", latin + b"\n" + json.dumps(WHOLE).encode())
    assert "not UTF-8 text, because of byte 0xE9" in bad.reason
    assert good.title == "Skating robots"


def test_text_that_cannot_be_stored_is_cleaned(lines):
    (paper,) = lines('{"title": "Ska\\u0000ting \\ud800 robots"}')
    assert paper.title == "Skating \ufffd robots"


def test_unknown_fields_are_reported_once(lines):
    items = lines({**WHOLE, "colour": 1}, {**WHOLE, "colour": 2, "size": 3})
    assert reasons(items) == ["unknown fields are not read: colour, size"]
    assert len(items) == 3


def test_a_line_that_is_too_long_costs_no_other(lines, monkeypatch):
    monkeypatch.setattr(packed, "LONGEST_LINE", 1_000)
    items = lines({"title": "x" * 5_000}, WHOLE)
    assert reasons(items) == ["it is longer than 1,000 characters"]
    assert items[1].place == "a.jsonl, line 2"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "is not a text file"),
        (b"PK\x03\x04...", "save it as CSV"),
        (gzip.compress(gzip.compress(b"{}" * 500)), "is not a text file"),
        (gzip.compress(b"{}" * 5_000)[:-20], "is damaged"),
        (b"\x1f\x8bnothing", "is damaged"),
    ],
)
def test_what_is_no_text_is_an_error_of_the_file(read, content, complaint):
    with pytest.raises(SourceError, match=complaint):
        read("jsonl", content)


def test_a_packed_file_is_read(read):
    (paper,) = read("jsonl", gzip.compress(json.dumps(WHOLE).encode()), name="a.jsonl.gz")
    assert paper.place == "a.jsonl.gz, line 1"


def test_a_file_that_unpacks_without_end_is_stopped_and_what_came_before_is_kept(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(packed, "MOST_UNPACKED", 1_000_000)
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(WHOLE).encode() + b"\n" + b"\n" * 3_000_000))
    items = sources.load("jsonl").read(path, listed_on=None)
    assert next(items).title == "Skating robots"
    with pytest.raises(SourceError, match="holds more than 1,000,000 bytes"):
        next(items)


def test_a_long_file_needs_little_memory(tmp_path):
    path = tmp_path / "long.jsonl"
    path.write_text(f"{json.dumps(WHOLE)}\n" * 10_000)
    tracemalloc.start()
    assert sum(1 for _ in sources.load("jsonl").read(path, listed_on=None)) == 10_000
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < path.stat().st_size / 5


def test_it_is_never_fetched():
    with pytest.raises(SourceError, match="use --file"):
        sources.load("jsonl").fetch(since=DAY, until=DAY)
