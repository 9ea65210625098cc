"""What a card says of a paper."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.paper_facts import is_safe, plain, ranks
from newsletter.tongues import language_of
from newsletter.wording import heat, votes


@pytest.mark.parametrize(
    ("rank", "count", "said"),
    [
        (1, 3, "hottest of its day"),
        (1, 2, ""),
        (3, 9, "among the 3 hottest of its day"),
        (3, 8, ""),
        (10, 30, "among the 10 hottest of its day"),
        (11, 300, ""),
        (0, 0, ""),
    ],
)
def test_a_rank_is_told_if_the_list_is_long_enough(rank, count, said):
    assert heat(rank, count) == said


def test_the_rank_is_that_in_the_list_of_its_own_day(make_paper):
    hot, cool = make_paper(trend_score=0.9), make_paper(trend_score=0.2)
    other = make_paper(trend_score=0.1, listed_on=date(2026, 3, 15))
    unlisted = make_paper(listed_on=None)
    assert ranks([hot, other, unlisted]) == {hot.pk: (1, 2), cool.pk: (2, 2), other.pk: (1, 1)}


@pytest.mark.parametrize(
    ("count", "said"), [(0, "no votes yet"), (1, "1 vote"), (1200, "1,200 votes")]
)
def test_votes_are_always_told(count, said):
    assert votes(count) == said


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://code.example.org/a?b=1&c=2", True),
        ("http://code.example.org/", False),
        ("javascript:alert(1)", False),
        ("https://user@example.org/", False),
        ("https://192.0.2.1/", False),
        ("https://localhost/", False),
        ("https://example.org:8443/", False),
        ("https://example.org/a b", False),
        ('https://example.org/"x', False),
        ("https://exämple.org/", False),
        ("https://[::1", False),
        ("https://t.co/abc", False),
        ("", False),
    ],
)
def test_a_mail_links_to_pages_with_names_only(url, is_good):
    assert is_safe(url) is is_good


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Plain English", ""),
        ("深度学习", "zh"),
        ("深層学習の話", "ja"),
        ("깊은 학습", "ko"),
        ("ש", "he"),
    ],
)
def test_a_language_is_known_by_its_letters(text, language):
    assert language_of(text) == language


def test_no_text_can_hold_a_mark_or_a_letter_that_a_mail_cannot():
    assert plain("a\x02number\x03\ud800\n b\u202e") == "anumber? b"
