from __future__ import annotations

import json
from datetime import date

import pytest

from papers.evaluation.files import Reading
from papers.sources import SourceError

DAY = date(2026, 3, 16)


def day_item(number, votes):
    return {"paper": {"id": f"2603.{number:05}", "title": f"Paper {number}", "upvotes": votes}}


def compact(number, votes=3, **fields):
    return {"list_date": "2026-03-16", "id": f"2603.{number:05}", "upvotes": votes, **fields}


def lines(*rows):
    return "\n".join(json.dumps(row) for row in rows)


def read(*paths):
    reading = Reading()
    for path in paths:
        reading.take(path)
    return reading


def test_a_folder_of_day_files_is_read_in_every_shape(saved, tmp_path):
    saved("2026-03-16.json", json.dumps([day_item(1, 5), day_item(2, 9)]))
    saved("2026-03-17.json", json.dumps([str(day_item(3, 4))]))
    saved("2026-03-18.json", json.dumps({"data": [str(day_item(4, 0))]}))
    saved("notes.txt", "nothing")
    reading = read(tmp_path)
    assert reading.counts == {"2026-03-16.json": 2, "2026-03-17.json": 1, "2026-03-18.json": 1}
    assert [[entry.votes for entry in found] for found in reading.lists().values()] == [
        [5, 9],
        [4],
        [0],
    ]


@pytest.mark.parametrize("name", ["some.jsonl", "some.jsonl.gz"])
def test_compact_records_are_read(saved, name):
    row = compact(
        1, 7, num_comments=2, n_authors=12, github_repo="https://github.com/a/b",
        project_page="https://a.example", has_media=True, submitter={"name": "s"},
        organization="o", authors=["A", "B"],
    )  # fmt: skip
    [entry] = read(saved(name, lines(row))).lists()[DAY]
    assert (entry.votes, entry.comments) == (7, 2)
    known = entry.known
    assert (known.submitter, known.organisation, known.author_count) == ("s", "o", 12)
    assert (known.has_code, known.has_project_page, known.has_video) == (True, True, True)
    assert known.authors == ("A", "B")


def test_records_that_cannot_be_read_are_named_and_the_others_kept(saved):
    path = saved(
        "some.jsonl",
        "\n".join(
            [
                json.dumps(compact(1)),
                "{broken",
                "[1]",
                json.dumps({**compact(2), "id": "none"}),
                json.dumps({**compact(2), "upvotes": -1}),
                json.dumps({**compact(2), "list_date": "yesterday"}),
                json.dumps({"list_date": "2026-03-16", "id": "2603.00002"}),
                "",
                json.dumps(compact(3)),
            ]
        ),
    )
    reading = read(path)
    assert len(reading.lists()[DAY]) == 2
    places = [line.split(":")[0] for line in reading.refused]
    assert places == [f"some.jsonl, line {number}" for number in range(2, 8)]
    assert reading.counts == {"some.jsonl": 8}


def test_a_refused_record_of_a_day_file_is_named(saved):
    path = saved("2026-03-16.json", json.dumps([day_item(1, 5), {"paper": {"id": "none"}}]))
    assert read(path).refused == ["2026-03-16.json, record 2: its paper.id is not an arXiv id"]


def test_what_is_read_last_of_a_paper_counts(saved):
    first = saved("a.jsonl", lines(compact(1, 3)))
    assert [e.votes for e in read(first, saved("b.jsonl", lines(compact(1, 8)))).lists()[DAY]] == [
        8
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", "", "is empty"),
        ("2026-03-16.json", "{}", "holds no list of papers"),
        ("undated.json", "[]", "has no date"),
        ("2026-03-16.json", "<html>", "is a web page"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(saved, name, content, message):
    with pytest.raises(SourceError, match=rf"{name}.*{message}"):
        read(saved(name, content))


def test_a_gzip_file_that_is_cut_or_none_is_named(saved, tmp_path):
    whole = saved("cut.jsonl.gz", lines(*(compact(n) for n in range(1, 500)))).read_bytes()
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[:-20])
    (tmp_path / "none.jsonl.gz").write_bytes(b"plain")
    for name in ("cut.jsonl.gz", "none.jsonl.gz"):
        with pytest.raises(SourceError, match=f"{name} cannot be read"):
            read(tmp_path / name)


def test_a_bad_file_of_a_folder_does_not_cost_the_others(saved, tmp_path):
    saved("2026-03-16.json", json.dumps([day_item(1, 5)]))
    saved("2026-03-17.json", "[{")
    reading = read(tmp_path)
    assert list(reading.lists()) == [DAY]
    [refused] = reading.refused
    assert "2026-03-17.json is not JSON" in refused


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(SourceError, match="holds no"):
        read(tmp_path)
