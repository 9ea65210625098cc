from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from papers.sources import PaperRecord, Refused, SourceError, sample

DAY = date(2026, 3, 16)
BOATS = {
    "arxiv_id": "2603.00001",
    "title": "Paper Boats",
    "summary": "Agents that float.",
    "authors": ["Ada Pond"],
    "categories": ["cs.AI"],
    "topics": ["agents"],
    "code_url": "https://github.com/pond-lab/boats",
    "project_url": "",
    "published_on": "2026-03-12",
    "day": 1,
    "votes": [[2, 12, 0, 33], [20, 36, 3, 57], [40, 99, 9, 99]],
}


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(datetime(2026, 3, 16, 12, tzinfo=UTC), tick=False):
        yield


def test_the_bundled_sample_is_whole_and_ends_on_the_asked_day():
    records = list(sample.fetch(since=DAY, until=DAY))
    assert len(records) == 89
    assert all(isinstance(record, PaperRecord) and record.summary for record in records)
    days = {record.listed_on for record in records}
    assert days == {DAY - timedelta(days=back) for back in range(7)}


def test_the_bundled_sample_names_only_bundled_topics():
    topics = json.loads((sample.SAMPLE.parent / "topics.json").read_text())
    named = {slug for record in sample.fetch(since=DAY, until=DAY) for slug in record.topics}
    assert named <= {topic["slug"] for topic in topics}


def test_made_up_votes_grow_from_the_list_day_until_now(read):
    [record] = read("sample", json.dumps({"papers": [BOATS]}))
    assert record.listed_on == date(2026, 3, 15)
    assert record.published_at == datetime(2026, 3, 12, tzinfo=UTC)
    assert [(counts.seen_at, counts.votes) for counts in record.counts] == [
        (datetime(2026, 3, 15, 2, tzinfo=UTC), 12),
        (datetime(2026, 3, 15, 20, tzinfo=UTC), 36),
    ]


def test_the_newest_list_date_may_be_given(read):
    [record] = read("sample", json.dumps({"papers": [BOATS]}), listed_on=date(2026, 2, 2))
    assert record.listed_on == date(2026, 2, 1)
    assert len(record.counts) == 3


@pytest.mark.parametrize(
    "change", [{"day": "x"}, {"day": 10**12}, {"votes": [[1]]}, {"votes": [[1, -1, 0, 0]]}]
)
def test_a_record_with_nonsense_in_it_is_refused(read, change):
    refused, kept = read("sample", json.dumps({"papers": [BOATS | change, BOATS]}))
    assert isinstance(refused, Refused)
    assert kept.title == "Paper Boats"


def test_another_file_is_no_sample(read):
    with pytest.raises(SourceError, match="is no sample"):
        read("sample", "[]")
