"""Saved answers of any of arXiv's services, and what is none."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine

from papers.sources import PaperRecord, Refused, SourceError, arxiv
from papers.sources.arxiv import elements

DAY = date(2026, 3, 16)
FEED = """<feed xmlns="http://www.w3.org/2005/Atom">{}</feed>"""
ENTRY = "<entry><id>http://arxiv.org/abs/2603.{0:05}v1</id><title>Boats {0}</title></entry>"
ABS = r"""------------------------------------------------------------------------------
\\
arXiv:2603.00001
From: Somebody
Date: Fri, 13 Mar 2026 17:30:00 GMT   (56kb,D)
Date (revised v2): Mon, 16 Mar 2026 08:00:00 GMT   (0kb,I)

Title: Paper boats: folding
  agents that float
Authors: Ada Pond, Bo Boat
Categories: cs.AI math.MP
Comments: A note: withdrawn later
License: none
\\
  We fold small agents
and float them.
\\
"""


def entries(*numbers):
    return FEED.format("".join(ENTRY.format(number) for number in numbers))


@pytest.mark.parametrize("folder", ["arxiv_abs", "arxiv_atom", "arxiv_oai", "arxiv_rss"])
def test_every_real_answer_is_read_or_is_an_error_in_arxivs_words(real_data, folder):
    records = []
    for path in (real_data / folder).glob("[!_]*.*"):
        try:
            records += arxiv.read(path, listed_on=None)
        except SourceError as error:
            assert "arXiv says:" in str(error)  # noqa: PT017  # an error is fine, too
    assert all(isinstance(record, PaperRecord) for record in records)
    assert all(record.authors and record.categories for record in records)
    expected = {"arxiv_abs": 2, "arxiv_atom": 223, "arxiv_oai": 5, "arxiv_rss": 5}
    assert len(records) == expected[folder]


def test_both_real_withdrawn_papers_are_recognised(real_data):
    paths = sorted((real_data / "arxiv_abs").iterdir())
    records = [record for path in paths for record in arxiv.read(path, listed_on=None)]
    assert [(record.version, record.is_withdrawn) for record in records] == [(3, True), (8, True)]


def test_an_abs_file_tells_versions_and_withdrawal(read):
    [record] = read("arxiv", ABS, name="2603.00001.abs")
    assert (record.title, record.arxiv_id) == (
        "Paper boats: folding agents that float",
        "2603.00001",
    )
    assert record.authors == ("Ada Pond", "Bo Boat")
    assert record.categories == ("cs.AI", "math-ph")
    assert record.abstract == "We fold small agents and float them."
    assert (record.version, record.is_withdrawn, record.listed_on) == (2, True, DAY)


@pytest.mark.parametrize(
    ("old", "new", "is_withdrawn"),
    [("0kb,I", "57kb,D", False), ("0kb,I", "57kb,DI", True), ("   (0kb,I)", "", None)],
)
def test_the_last_version_says_whether_a_paper_stands(read, old, new, is_withdrawn):
    [record] = read("arxiv", ABS.replace(old, new))
    assert record.is_withdrawn is is_withdrawn


def test_an_abs_file_that_is_cut_off_is_an_error(read):
    with pytest.raises(SourceError, match="cut off: it has no abstract"):
        read("arxiv", ABS[:300])


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("arXiv:2603.00001", "arXiv:nothing", "its id is not an arXiv id"),
        ("Title: Paper boats: folding\n  agents that float\n", "", "it has no title"),
    ],
)
def test_an_abs_file_without_id_or_title_is_refused(read, old, new, reason):
    [refused] = read("arxiv", ABS.replace(old, new))
    assert (type(refused), refused.reason) == (Refused, reason)


def test_torn_xml_gives_what_is_whole_and_says_where_it_breaks(tmp_path):
    path = tmp_path / "torn.xml"
    path.write_text(entries(1, 2, 3)[:-60])
    records = arxiv.read(path, listed_on=None)
    assert [next(records).title, next(records).title] == ["Boats 1", "Boats 2"]
    with pytest.raises(SourceError, match=r"torn.xml is broken XML: .*line 1, column \d+"):
        next(records)


LAUGHS = '<!DOCTYPE f [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><feed>&b;</feed>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\ufeff\n<!DOCTYPE html><p>Sorry", "is a web page"),
        ("<html><body>Sorry", "is a web page"),
        ("<opml version='2.0'><body/></opml>", "begins with <opml>, not with <rss> or <feed>"),
        ("Rate exceeded.", "is broken XML"),
        (LAUGHS, "is XML that is not read"),
        ('<!DOCTYPE feed SYSTEM "file:///etc/passwd"><feed/>', "is XML that is not read"),
        (
            '<?xml version="1.0" encoding="nonsense"?><feed/>',
            "is (XML that is not read|broken XML)",
        ),
        ("<feed>" + "<a>" * 200_000, "is nested too deeply"),
        ("<feed><entry>" + "<a/>" * 40_000, "has a record of more than 30,000 elements"),
        ('{"a": 1}', "is broken XML"),
    ],
)
def test_what_is_no_answer_of_arxiv_is_one_clear_error(read, content, message):
    with pytest.raises(SourceError, match=rf"saved\.txt {message}"):
        read("arxiv", content)


@pytest.mark.parametrize("kind", ["feed", "rss"])
def test_a_feed_of_nothing_is_no_error(read, kind):
    assert read("arxiv", f"<{kind}/>") == []


def test_prefixes_that_nobody_declared_are_made_up_for(read):
    entry = ENTRY.format(1).replace("</entry>", "<arxiv:comment>Withdrawn</arxiv:comment></entry>")
    [record] = read("arxiv", f"<feed>{entry}</feed>")
    assert record.is_withdrawn


def test_what_was_read_is_not_kept_in_memory(monkeypatch):
    roots = []

    def watched(*args, parse=elements.iterparse, **kwargs):
        for event, element in parse(*args, **kwargs):
            if not roots:
                roots.append(element)
            yield event, element

    monkeypatch.setattr(elements, "iterparse", watched)
    body = entries(*range(1, 50)).encode()
    found = list(elements.outermost(body, place="", roots=("feed",), wanted=("entry",)))
    assert [len(element) for element in found] == [2] * 49
    assert len(roots[0]) == 0


@time_machine.travel("2026-03-16 06:00:00+00:00")
@pytest.mark.parametrize(
    ("since", "until"), [(date(2026, 1, 1), DAY), (date(2026, 3, 9), date(2026, 3, 15))]
)
def test_days_that_the_feeds_hold_no_more_are_read_elsewhere(since, until):
    with pytest.raises(SourceError, match="for earlier days read arxiv-oai"):
        list(arxiv.fetch(since=since, until=until))
