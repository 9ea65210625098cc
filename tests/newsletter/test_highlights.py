"""The head of a weekly or monthly edition."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from newsletter import highlights
from newsletter.highlights import LONGEST, bars, news


def test_bars_are_as_long_as_their_numbers():
    found = bars([("A", 10), ("B", 100), ("C", 0), ("D", 1)])
    assert [(bar.title, bar.votes, bar.percent) for bar in found] == [
        ("B", "100 votes", LONGEST),
        ("A", "10 votes", 8),
        ("D", "1 vote", 1),
    ]


def test_five_papers_are_shown_and_none_without_votes():
    assert len(bars([(f"Paper {n}", n) for n in range(20)])) == 5
    assert bars([("A", 0)]) == []


@pytest.mark.parametrize(
    ("count", "topics", "said"),
    [
        (1, {}, "1 paper was listed in 7 days."),
        (1200, {}, "1,200 papers were listed in 7 days."),
        (9, {"A": 5, "B": 4, "C": 3, "D": 2},
         "9 papers were listed in 7 days, most of them on A (5), B (4), C (3)."),
    ],
)  # fmt: skip
def test_the_news_are_counts(count, topics, said):
    assert news(count, days=7, topics=Counter(topics)) == said


@pytest.mark.parametrize(("cadence", "papers"), [("weekly", 1), ("monthly", 2)])
def test_only_the_span_of_the_issue_counts(make_issue, make_paper, cadence, papers):
    make_paper("New", votes=3, listed_on=date(2026, 3, 16))
    make_paper("Old", votes=9, listed_on=date(2026, 3, 1))
    found = highlights.of(make_issue(cadence=cadence))
    assert len(found.bars) == papers
    assert found.news.startswith(f"{papers} paper")


def test_a_daily_issue_has_none(make_issue, make_paper, django_assert_num_queries):
    make_paper()
    issue = make_issue()
    with django_assert_num_queries(0):
        assert highlights.of(issue) is None


def test_a_week_without_papers_has_none(make_issue):
    assert highlights.of(make_issue(cadence="weekly")) is None
