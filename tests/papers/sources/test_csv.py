"""Papers in tables, as spreadsheets and people write them."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime

import pytest
import time_machine

from papers import sources
from papers.sources import Refused, SourceError

DAY = date(2026, 3, 16)


@pytest.fixture(autouse=True)
def tuesday():
    with time_machine.travel(datetime(2026, 3, 17, 12, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def rows(read):
    def rows(content, **options):
        return read("csv", content, name="a.csv", **options)

    return rows


TABLES = {
    "commas": 'votes,title,authors\n41,"Skating, robots","Ada One; Ben Two"\n',
    "another order, other case": 'Authors,VOTES,Title\nAda One; Ben Two,41,"Skating, robots"\n',
    "semicolons": 'title;votes;authors\nSkating, robots;41;"Ada One; Ben Two"\n',
    "tabs": "title\tvotes\tauthors\nSkating, robots\t41\tAda One; Ben Two\n",
    "a mark and Windows": '\ufefftitle,votes,authors\r\n"Skating, robots",41,Ada One; Ben Two\r\n',
    "old Macs": 'title,votes,authors\r"Skating, robots",41,Ada One; Ben Two\r',
    "Excel": 'sep=;\ntitle;votes;authors\nSkating, robots;41;"Ada One; Ben Two"\n',
    "empty cells": 'title,votes,authors,,\n"Skating, robots",41,Ada One; Ben Two,,\n,,,,\n',
    "quoted names": '"title","votes","authors"\n"Skating, robots","41","Ada One; Ben Two"\n',
    "packed": gzip.compress(b'title,votes,authors\n"Skating, robots",41,Ada One; Ben Two\n'),
    "Unicode text": "title\tvotes\tauthors\nSkating, robots\t41\tAda One; Ben Two\n".encode(
        "utf-16"
    ),
}  # fmt: skip


@pytest.mark.parametrize("content", TABLES.values(), ids=TABLES)
def test_tables_are_read_however_they_are_written(rows, content):
    (paper,) = rows(content, listed_on=DAY)
    assert (paper.title, paper.authors) == ("Skating, robots", ("Ada One", "Ben Two"))
    assert paper.counts[0].votes == 41


def test_quotes_and_newlines_inside_a_cell_are_part_of_it(rows):
    first, last = rows('title,abstract\n"Say ""ice""","one\ntwo\r\nthree"\nProofs,\n')
    assert (first.title, first.abstract) == ('Say "ice"', "one two three")
    assert (first.place, last.place) == ("a.csv, row 2 (line 2)", "a.csv, row 3 (line 5)")


def test_unknown_columns_are_reported_once(rows):
    told, *papers = rows("title,Colour,size\nSkating,red,1\nProofs,blue,2\n")
    assert told == Refused("a.csv, row 1", "unknown columns are not read: 'colour', 'size'")
    assert [paper.title for paper in papers] == ["Skating", "Proofs"]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (",3", "it has no title"),
        ("Skating", "it has 1 cells under 2 names"),
        ("Skating,3,4", "it has 3 cells under 2 names"),
        ("Skating,many", "its votes are not a whole number"),
        ("Skating,4.0", "its votes are not a whole number"),
        ('"Ska"ting,3', "its quotes or its length are wrong"),
        ("Ska\0ting,3", "it contains NUL bytes"),
        (f"{'x' * 200_000},3", "its quotes or its length are wrong: field larger"),
    ],
)
def test_a_row_that_cannot_be_read_costs_no_other(rows, row, complaint):
    first, bad, last = rows(f"title,votes\nOne,1\n{row}\nTwo,2\n", listed_on=DAY)
    assert (first.title, last.title) == ("One", "Two")
    assert bad.place == "a.csv, row 3 (line 3)"
    assert complaint in bad.reason


def test_a_quote_that_is_never_closed_is_told(rows):
    first, bad = rows('title\nOne\n"Two\nThree\n')
    assert first.title == "One"
    assert bad.place == "a.csv, row 3 (line 3)"
    assert "unexpected end of data" in bad.reason


def test_an_id_that_a_spreadsheet_took_for_a_number_is_refused(rows):
    bad, good = rows("title,arxiv_id\nOne,2603.0123\nTwo,2603.01230\n")
    assert "lacks a digit" in bad.reason
    assert good.arxiv_id == "2603.01230"


def test_a_formula_stays_the_text_that_it_is(rows):
    (paper,) = rows('title,authors\n"=HYPERLINK(""https://evil.example/"")",@SUM(A1)\n')
    assert paper.title == '=HYPERLINK("https://evil.example/")'
    assert paper.authors == ("@SUM(A1)",)


def test_bytes_that_are_not_utf_8_cost_only_their_row(rows):
    bad, good = rows(b"title\nCaf\xe9\nProofs\n")
    assert "byte 0xE9: save the file as UTF-8" in bad.reason
    assert good.title == "Proofs"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("name,votes\nSkating,3\n", 'no column named "title"'),
        ('"title\n', 'no column named "title"'),
        ("title,Title\na,b\n", "two columns named 'title'"),
        ("sep=|\ntitle|votes\n", r"separates its columns by '\|'"),
        ("", "is empty"),
        (b"PK\x03\x04xlsx", "save it as CSV"),
        ("title\nOne\n".encode("utf-16")[:-1], "is not UTF-16 text"),
    ],
)
def test_what_is_no_table_of_papers_is_an_error_of_the_file(rows, content, complaint):
    with pytest.raises(SourceError, match=complaint):
        rows(content)


def test_it_is_never_fetched():
    with pytest.raises(SourceError, match="use --file"):
        sources.load("csv").fetch(since=DAY, until=DAY)
