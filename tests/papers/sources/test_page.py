from __future__ import annotations

import codecs
from datetime import UTC, date, datetime

import pytest
import time_machine

from papers import sources
from papers.sources import PaperRecord, Refused, SourceError, page

DAY = date(2026, 3, 14)
TITLES = [
    "Paper Boats: Folding Agents That Float",
    "Do Kettles Dream? A Study of Waiting",
    "Lighthouse: Attention for Ships",
]


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(datetime(2026, 3, 16, 12, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def text(fixtures):
    return (fixtures / "page.txt").read_text()


@pytest.fixture
def html(fixtures):
    return (fixtures / "page.html").read_text()


def titles(records):
    return [record.title for record in records if isinstance(record, PaperRecord)]


def refusals(records):
    return [
        (record.place, record.reason, record.excerpt)
        for record in records
        if isinstance(record, Refused)
    ]


def test_the_real_page_arrives_to_the_character(real_data):
    path = real_data / "papers_page_capture.txt"
    records = list(page.read(path, listed_on=None))
    lines = [line for line in path.read_text().split("\n") if line]
    assert len(records) == 97
    assert [record.title for record in records] == lines[5::2]
    assert [record.abstract for record in records] == lines[6::2]
    assert {record.listed_on for record in records} == {DAY}


@pytest.mark.parametrize("cut", range(4_000, 165_000, 7_919))
def test_a_real_page_cut_anywhere_loses_at_most_the_torn_paper(real_data, read, cut):
    body = (real_data / "papers_page_capture.txt").read_bytes()[:cut]
    pieces = body.decode().rstrip("\n").split("\n\n")
    records = read("page", body)
    assert len(titles(records)) >= (len(pieces) - 6) // 2
    assert len(refusals(records)) <= 1


def test_pairs_of_lines_become_papers(read, text):
    records = read("page", text)
    assert titles(records) == TITLES
    assert records[0].abstract.startswith("Agents that plan well")
    assert records[0].place == "saved.txt, line 11"
    assert records[0].listed_on == DAY
    assert records[0].counts == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.replace("\n\n", "\n\n \n\t\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.rstrip("\n"),
        lambda text: text[text.index("Mar 14") :],
        lambda text: "Trending Papers\nHello Ada\n" + text,
        lambda text: text.replace("\n\nDo K", "\n\n12\n\n·\n\nGitHub 1.2k\n\n4 authors\n\nDo K"),
        lambda text: text.replace("Float\n\n", "Float\n\nSubmitted by adapond\n\n101\n\n"),
        lambda text: text + "\nPrevious\n\nNext\n",
    ],
)
def test_the_shape_of_the_page_may_vary(read, text, change):
    records = read("page", change(text))
    assert titles(records) == TITLES
    assert refusals(records) == []


def test_utf_16_with_its_mark_is_read(read, text):
    assert titles(read("page", codecs.BOM_UTF16_LE + text.encode("utf-16-le"))) == TITLES


def test_a_short_abstract_is_known_by_its_full_stop(read):
    assert titles(read("page", "Mar 14\nOne\nWe fold.\nTwo\nWe wait.\n")) == ["One", "Two"]


def test_a_title_as_long_as_an_abstract_is_a_title(read, text):
    long = "Boats " * 28
    assert titles(read("page", text.replace(TITLES[1], f"A lab\n\n{long}")))[1] == long.strip()


def test_a_line_that_is_neither_is_named(read, text):
    records = read("page", text.replace(TITLES[1], f"Pond Institute\n\n{TITLES[1]}"))
    assert titles(records) == TITLES
    assert refusals(records) == [
        ("saved.txt, line 15", "title without an abstract", "Pond Institute")
    ]


def test_an_abstract_whose_title_is_missing_is_named(read, text):
    [refused] = refusals(read("page", text.replace(TITLES[1], "")))
    assert refused[:2] == ("saved.txt, line 17", "abstract without a title")


@pytest.mark.parametrize(
    ("cut_at", "reason"),
    [
        ("\n\nA lighthouse attends", "title without an abstract"),
        ("ouse: Attention", "title without an abstract"),
        (" attends to every", "its abstract is cut off"),
        (" that this is enough", "its abstract is cut off"),
        (" beams and logbooks are", "its abstract is cut off"),
    ],
)
def test_a_page_that_is_cut_off_keeps_its_whole_pairs(read, text, cut_at, reason):
    records = read("page", text[: text.index(cut_at)])
    assert titles(records) == TITLES[:2]
    [(place, why, excerpt)] = refusals(records)
    assert (place, why) == ("saved.txt, line 19", reason)
    assert TITLES[2].startswith(excerpt)


def test_a_page_cut_off_inside_a_character_is_read_up_to_there(read, text):
    cut = text[: text.index("lamp. All")].encode() + "—".encode()[:2]
    assert titles(read("page", cut)) == TITLES[:2]


def test_an_address_is_a_whole_end(read, text):
    assert titles(read("page", text[: text.index("\n\nLighthouse")])) == TITLES[:2]


def test_the_given_date_wins(read, text):
    assert read("page", text, listed_on=date(2025, 1, 2))[0].listed_on == date(2025, 1, 2)


def test_a_page_without_a_date_asks_for_one(read, text):
    with pytest.raises(SourceError, match=r'has no line with its date, such as "Mar 14": use --da'):
        read("page", text.replace("Mar 14", ""))


def test_html_names_the_papers(read, html):
    boats, kettles, lighthouse = read("page", html, name="page.html")
    assert boats.title == TITLES[0]
    assert boats.arxiv_id == "2603.00001"
    assert boats.abstract == "We fold small agents & float them, for a < b and under moving water."
    assert boats.place == "page.html, line 12"
    assert [counts.votes for counts in boats.counts] == [29]
    assert boats.counts[0].seen_at == datetime(2026, 3, 15, tzinfo=UTC)
    assert (kettles.arxiv_id, kettles.abstract, kettles.counts) == ("2603.00002", "", ())
    assert (lighthouse.arxiv_id, lighthouse.counts[0].votes) == ("2603.00003", 7)


def test_html_on_one_line_is_read_as_well(read, html):
    assert len(titles(read("page", " ".join(html.split())))) == 3


def test_votes_of_a_list_that_is_still_open_are_seen_now(read, html):
    boats = read("page", html, listed_on=date(2026, 3, 16))[0]
    assert boats.counts[0].seen_at == datetime(2026, 3, 16, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cut_at", "reason"),
    [
        ("for Ships", "title without an abstract"),
        ("</h3></a>", "title without an abstract"),
        ("a logbook of", "its abstract is cut off"),
    ],
)
def test_html_that_is_cut_off_keeps_its_whole_papers(read, html, cut_at, reason):
    records = read("page", html[: html.index(cut_at)])
    assert len(titles(records)) == 2
    assert [why for _, why, _ in refusals(records)] == [reason]


def test_unknown_markup_becomes_lines(read, text):
    items = "".join(f"<div class=x>{line}</div>" for line in text.split("\n") if line)
    records = read("page", f"<html><body><svg><text>9</text></svg>{items}</body></html>")
    assert titles(records) == TITLES


def test_a_paragraph_that_belongs_to_no_paper_is_named(read, html):
    second = f"<p>First.</p><p>{'And so on. ' * 40}</p></article>"
    records = read("page", html.replace("</article>", second, 1))
    assert [why for _, why, _ in refusals(records)] == ["abstract without a title"]


def test_a_title_that_cannot_be_seen_is_refused(read, html):
    records = read("page", html.replace("Do Kettles Dream?", "\u200f"))
    assert [why for _, why, _ in refusals(records)] == ["it has no title"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \r\n", "is empty"),
        (b"Mar 14\n\0\0", "is not a text file"),
        (b"Mar 14\nCaf\xe9\n", "is not UTF-8 text: byte 11, in line 2"),
        (codecs.BOM_UTF16_LE + b"\x00\xdc", "is not UTF-16 text"),
        (b"Mar 14\nOnly a title\n", "holds no paper"),
        (b"<html><![foo[ x ]]><h3>x</h3></html>", "cannot be read as HTML|holds no paper"),
    ],
)
def test_what_is_no_page_is_one_clear_error(read, content, message):
    with pytest.raises(SourceError, match=rf"/saved\.txt ({message})"):
        read("page", content)


def test_a_missing_file_and_a_folder_are_clear_errors(tmp_path):
    with pytest.raises(SourceError, match="nowhere cannot be read: No such file"):
        list(page.read(tmp_path / "nowhere", listed_on=None))
    with pytest.raises(SourceError, match="is not a file"):
        list(page.read(tmp_path, listed_on=None))


def test_a_file_that_is_too_large_is_refused(read, monkeypatch):
    monkeypatch.setattr(sources.reading, "MOST_BYTES", 100)
    with pytest.raises(SourceError, match="larger than 100 bytes"):
        read("page", "x" * 101)


def test_a_page_is_never_fetched():
    with pytest.raises(SourceError, match="is read from a file: use --file"):
        page.fetch(since=DAY, until=DAY)
