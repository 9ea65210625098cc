"""Files of papers and labels are read strictly, and what is wrong is named."""

from __future__ import annotations

import gzip
import json

import pytest

from papers.evaluation import labels
from papers.evaluation.labels import BadFile, Labels

GOOD = {"n": 1, "title": "A robot", "abstract": "It walks."}
SLUGS = ("robots", "proofs")


@pytest.fixture
def write(tmp_path):
    def write(content, name="papers.json"):
        path = tmp_path / name
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
        path.write_bytes(content)
        return path

    return write


def test_a_list_is_read_with_all_that_it_says(write):
    record = GOOD | {"id": "2603.00001", "categories": ["cs.RO"], "list_date": "2026-03-16"}
    [text] = labels.texts(write([record]))
    assert (text.title, text.abstract, text.number) == ("A robot", "It walks.", 1)
    assert (text.arxiv_id, text.categories, text.day) == ("2603.00001", ("cs.RO",), "2026-03-16")


def test_lines_packed_with_gzip_are_read(write):
    lines = "\n".join(json.dumps({"title": f"T {n}", "summary": "S"}) for n in range(3))
    found = labels.texts(write(gzip.compress(lines.encode()), "papers.jsonl.gz"))
    assert [(text.title, text.abstract) for text in found] == [(f"T {n}", "S") for n in range(3)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "papers.json is empty"),
        (b"\xff\xff", "is not UTF-8 text: byte 1"),
        (b"\x1f\x8bnot gzip", "cannot be read"),
        (b"[{", "is not JSON"),
        (b'{"title": "A"}\n{', "papers.json, record 2: it is not JSON"),
        ([GOOD, "text"], "papers.json, record 2: it is no JSON object"),
        ([{"n": 1, "abstract": "A"}], 'record 1: "title" is missing or empty'),
        ([GOOD | {"title": " \n "}], 'record 1: "title" is missing or empty'),
        ([GOOD | {"title": 7}], 'record 1: "title" is no text'),
        ([GOOD | {"abstract": ["A"]}], 'record 1: "abstract" is no text'),
        ([GOOD | {"categories": "cs.RO"}], 'record 1: "categories" is no list of texts'),
        ([GOOD | {"n": None}], 'record 1: "n" is missing or is no number'),
        ([GOOD | {"n": True}], 'record 1: "n" is missing or is no number'),
        ([{"title": "A"}], 'record 1: "n" is missing or is no number'),
        ([GOOD, GOOD], "record 2: number 1 comes twice"),
    ],
)
def test_bad_papers_are_refused_by_file_and_record(write, content, message):
    with pytest.raises(BadFile, match=message):
        labels.texts(write(content), is_numbered=True)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadFile, match=r"none\.json cannot be read"):
        labels.texts(tmp_path / "none.json")


def test_labels_are_read_and_both_readers_are_either_of_them(write):
    path = write([{"n": 1, "either": ["robots"], "both": ["proofs"]}, {"n": "x", "either": []}])
    assert labels.labels(path, slugs=SLUGS) == {
        1: Labels(frozenset(SLUGS), frozenset({"proofs"})),
        "x": Labels(),
    }


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([{"n": 1, "either": ["cooking"]}], 'record 1: nobody knows the topic "cooking"'),
        ([{"n": 1, "both": "robots"}], 'record 1: "both" is no list of texts'),
        ([{"n": 1}, {"n": 1}], "record 2: number 1 comes twice"),
        ([{"either": []}], 'record 1: "n" is missing'),
    ],
)
def test_bad_labels_are_refused_by_file_and_record(write, records, message):
    with pytest.raises(BadFile, match=message):
        labels.labels(write(records, "labels.json"), slugs=SLUGS)
