from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from papers.sources.web import manners
from papers.sources.web.manners import MANNERS, retry_after

NOW = datetime(2026, 3, 16, 12, 0, tzinfo=UTC)
DAY = 86_400


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", None),
        ("7", 7),
        ("7.5", None),
        ("3600", 3600),
        ("9" * 400, DAY),
        ("Mon, 16 Mar 2026 12:00:30 GMT", 30),
        ("Mon, 16 Mar 2026 12:00:30 -0000", 30),
        ("Mon, 16 Mar 2099 12:00:00 GMT", DAY),
        ("Mon, 16 Mar 2026 11:00:00 GMT", None),
        ("Mon, 99 Mar 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_a_day(header, seconds):
    assert retry_after(header, now=NOW) == seconds


@pytest.mark.parametrize(
    ("strikes", "wait", "luck", "minutes"),
    [
        (0, None, 0, 10),
        (0, None, 1, 12.5),
        (1, None, 0, 20),
        (4, None, 0, 160),
        (0, 30, 0, 10),  # never less than ten minutes
        (0, 3600, 0, 60),
        (3, 3600, 0, 80),
        (9, None, 1, 24 * 60),
        (10_000, None, 0, 24 * 60),
        (0, 10**9, 0, 24 * 60),
    ],
)
def test_a_pause_grows_and_is_never_short_nor_endless(strikes, wait, luck, minutes):
    assert manners.pause(strikes=strikes, wait=wait, luck=luck) == timedelta(minutes=minutes)


def test_the_services_are_asked_as_slowly_as_they_want():
    assert MANNERS["ARXIV"].spacing >= 3
    assert 300 / MANNERS["HUGGINGFACE"].spacing < 500
