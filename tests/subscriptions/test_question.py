"""The question that tells people from programs, and the stamps that it comes from."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import pytest

from subscriptions import question, stamps
from tests.conftest import MOMENT

WORDS = [
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
]
NONCES = [f"{number:032x}" for number in range(300)]


def solve(nonce):
    first, second = re.fullmatch(r"What is (\w+) plus (\w+)\?", question.text(nonce)).groups()
    return WORDS.index(first) + WORDS.index(second) + 2


def test_whoever_can_add_has_the_answer():
    assert all(question.is_right(nonce, f" {solve(nonce)} ") for nonce in NONCES)


def test_no_single_answer_is_right_for_many():
    right = Counter(solve(nonce) for nonce in NONCES)
    assert len(right) > 15
    assert max(right.values()) < 0.15 * len(NONCES)


def test_digits_of_other_scripts_are_digits():
    nonce = next(nonce for nonce in NONCES if solve(nonce) == 12)
    assert question.is_right(nonce, "\uff11\uff12")


@pytest.mark.parametrize("answer", ["", "0", "-12", "twelve", "1e9", "9" * 5000, "\0", "\u00b2"])
def test_anything_else_is_wrong(answer):
    assert not any(question.is_right(nonce, answer) for nonce in NONCES[:20])


def test_another_key_asks_other_questions(settings):
    before = [question.text(nonce) for nonce in NONCES]
    settings.SECRET_KEY = "another" * 10
    assert [question.text(nonce) for nonce in NONCES] != before


def test_two_stamps_of_one_moment_are_two():
    first, second = (stamps.read_stamp(stamps.make_stamp(MOMENT)) for _ in range(2))
    assert first.made_at == second.made_at == MOMENT
    assert first.nonce != second.nonce
    assert re.fullmatch(r"[0-9a-f]{32}", first.nonce)


@pytest.mark.parametrize(
    "change", [lambda s: s[:-1], lambda s: "1" + s, lambda s: s + "x", str.upper]
)
def test_a_changed_stamp_is_none(change):
    stamp = stamps.make_stamp(MOMENT)
    assert stamps.read_stamp(change(stamp)) is None
    assert stamps.stamp_age(change(stamp), at=MOMENT) is None


def test_a_stamp_of_the_future_has_no_age():
    assert stamps.stamp_age(stamps.make_stamp(MOMENT), at=MOMENT - timedelta(seconds=1)) is None
