from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papers.sources import fields

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("2603.00001", "2603.00001"),
        (" 2603.00001v12\n", "2603.00001"),
        ("0704.0615", "0704.0615"),
        ("quant-ph/0201082v1", "quant-ph/0201082"),
        ("math.GT/0309136", "math.GT/0309136"),
        ("2603.001", ""),
        ("2603.00001/../x", ""),
        ("٢603.00001", ""),
        (None, ""),
    ],
)
def test_an_arxiv_id_loses_its_version(text, identifier):
    assert fields.arxiv_id(text) == identifier


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Mar 14", date(2026, 3, 14)),
        ("14 Mar", date(2026, 3, 14)),
        ("March 16", date(2026, 3, 16)),
        ("Mar 17", date(2025, 3, 17)),
        ("Dec 31", date(2025, 12, 31)),
        ("Feb 29", date(2024, 2, 29)),
        ("Saturday, 14th March", date(2026, 3, 14)),
        ("Mon, Mar 16", date(2026, 3, 16)),
        ("Sept. 1, 2025", date(2025, 9, 1)),
        ("1 sep 2025", date(2025, 9, 1)),
        ("Feb 30", None),
        ("Mar 17, 2026", None),
        ("Feb 29, 2025", None),
        ("Marathon 14", None),
        ("Mar 14: A Study", None),
        ("14", None),
    ],
)
def test_a_list_date_is_the_latest_that_is_not_in_the_future(line, day):
    assert fields.list_date(line, today=date(2026, 3, 16)) == day


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 364))
def test_any_day_of_the_last_year_is_found_again(today, back):
    day = date.fromordinal(today.toordinal() - back)
    assert fields.list_date(f"{day:%b} {day.day}", today=today) == day


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://boats.example.org/a?b=c#d", True),
        ("http://boats.example.org", True),
        ("javascript:alert(1)", False),
        ("java\tscript:alert(1)", False),
        ("data:text/html,x", False),
        ("//evil.example.org", False),
        ("https://arxiv.org@evil.example.org/", False),
        ("https://a b.example.org", False),
        ("https://evil.example.org\\@arxiv.org", False),
        ("https://x.example.org:port", False),
        ("https://", False),
        ("https://" + "x" * 500, False),
        ("", False),
        (None, False),
    ],
)
def test_only_plain_web_addresses_are_kept(url, kept):
    assert fields.web_address(url) == (url if kept else "")


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/pond-lab/boats", "https://github.com/pond-lab/boats"),
        ("http://www.github.com/pond-lab/boats.git", "https://github.com/pond-lab/boats"),
        ("https://github.com/pond-lab/boats/", "https://github.com/pond-lab/boats"),
        ("https://github.com/pond-lab/b.js/tree/main?x#y", "https://github.com/pond-lab/b.js"),
        ("https://github.com/pond-lab", ""),
        ("https://github.com/pond-lab/..", ""),
        ("https://github.com.evil.example.org/a/b", ""),
        ("https://gitlab.com/a/b", ""),
        (None, ""),
    ],
)
def test_a_repository_is_its_front_page(url, repository):
    assert fields.repository(url) == repository


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-13T17:30:00.000Z", datetime(2026, 3, 13, 17, 30, tzinfo=UTC)),
        ("2026-03-13T17:30:00+02:00", datetime(2026, 3, 13, 15, 30, tzinfo=UTC)),
        ("2026-03-13", datetime(2026, 3, 13, tzinfo=UTC)),
        ("2026-03-16T12:00:01Z", None),
        ("1900-01-01", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("0000-00-00", None),
        ("", None),
        (5, None),
    ],
)
def test_a_moment_lies_between_the_first_paper_and_now(text, moment):
    assert fields.moment(text, until=NOW) == moment


def test_only_arxiv_codes_are_categories():
    codes = ["cs.AI", "cond-mat.mtrl-sci", "hep-th", "cs.AI", "68T50", "I.2.7", "x" * 31, None]
    assert fields.categories(codes) == ("cs.AI", "cond-mat.mtrl-sci", "hep-th")


def test_a_very_large_collaboration_is_cut():
    assert len(fields.names(["Ada Pond", " ", 7] * 6000)) == fields.MOST_NAMES


@pytest.mark.parametrize("day", [date(2026, 3, 16), date.max])
def test_the_end_of_a_day_that_is_not_over_is_now(day):
    assert fields.end_of_day(day, now=NOW) == NOW
