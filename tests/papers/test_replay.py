"""A month of polling, and the same month once more."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from papers.models import Observation, Paper
from papers.sources import huggingface
from papers.sources.web.answers import Answer
from tests.papers.ingest_steps import take

pytestmark = pytest.mark.django_db
FIRST = date(2026, 3, 2)  # a Monday
DAYS, TIMES = 30, (3, 9, 15, 21)  # of polls, in hours UTC
AGAIN = timedelta(days=6)  # how long after its first list a paper is listed again


def listed(day, *, at):
    """The list of `day` as it is at a moment: it grows, and so do the votes."""
    age = at - datetime.combine(day, time(), tzinfo=UTC)
    hours = int(age / timedelta(hours=1))
    count = min(3 + hours // 6, 8)  # papers are added for more than a day
    papers = [record(day, number, hours=hours) for number in range(count)]
    first = day - AGAIN  # one paper a week comes again
    if first >= FIRST and day.weekday() == 1:
        papers.append(record(first, 0, hours=hours + AGAIN.days * 24))
    return papers


def record(day, number, *, hours):
    serial = (day - FIRST).days * 10 + number
    paper = {
        "id": f"2603.{serial:05}",
        "title": f"Skating robots {serial}",
        "upvotes": min(hours, 48) * number,
        "githubStars": min(hours, 20) if number % 2 else None,
    }
    return {"paper": paper, "numComments": min(hours // 10, 4)}


@pytest.fixture
def poll(monkeypatch):
    """Poll all lists of the last week as they are at a moment."""

    def answer(url, *, if_changed):
        day = date.fromisoformat(parse_qs(urlsplit(url).query)["date"][0])
        return Answer(json.dumps(listed(day, at=datetime.now(UTC))).encode())

    def poll(at):
        with time_machine.travel(at, tick=False):
            records = huggingface.fetch(since=(at - timedelta(days=7)).date(), until=at.date())
            return take("huggingface", records, at=at)

    monkeypatch.setattr(huggingface.web, "get", answer)
    return poll


def rows():
    return [list(model.objects.order_by("pk").values()) for model in (Paper, Observation)]


def test_a_month_that_is_replayed_leaves_the_same_rows(poll):
    moments = [
        datetime.combine(FIRST + timedelta(days=day), time(hour), tzinfo=UTC)
        for day in range(DAYS)
        for hour in TIMES
    ]
    for at in moments:
        poll(at)
    before = rows()
    assert Paper.objects.count() == 21 * 8 + 6  # the last list has six so far

    for at in moments:
        assert poll(at).created == 0
    assert rows() == before


def test_a_paper_that_is_listed_again_has_both_lists_and_the_newer_date(poll):
    day = FIRST + timedelta(days=8)  # a Tuesday, on which one of Wednesday comes again
    poll(datetime.combine(day, time(12), tzinfo=UTC))
    paper = Paper.objects.get(arxiv_id="2603.00020")
    assert paper.listed_on == day
    lists = paper.observations.order_by("listed_on").values_list("listed_on", flat=True)
    assert list(lists) == [day - AGAIN, day]


def test_each_change_is_one_row_and_what_does_not_change_is_none(poll):
    midnight = datetime.combine(FIRST, time(), tzinfo=UTC)
    for hour in (1, 2, 60, 61, 70):  # after two days the votes stay as they are
        poll(midnight + timedelta(hours=hour))
    seen = Observation.objects.filter(paper__arxiv_id="2603.00001").order_by("seen_at")
    assert [(row.seen_at - midnight).total_seconds() / 3600 for row in seen] == [1, 2, 60]
    assert list(seen.values_list("votes", "comments", "stars")) == [
        (1, 0, 1),
        (2, 0, 2),
        (48, 4, 20),
    ]
