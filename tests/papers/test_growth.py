from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papers.growth import START, Growth, Watched, learn

HOUR = timedelta(hours=1)
shares = st.floats(min_value=0, max_value=1)


@pytest.mark.parametrize(
    ("hours", "share"), [(8, 0.55), (17, 0.70), (22, 0.80), (27, 0.90), (168, 1), (999, 1)]
)
def test_shares_lie_on_straight_lines_between_the_points(hours, share):
    assert Growth().share(hours * HOUR) == pytest.approx(share)


def test_votes_of_the_first_hours_are_not_blown_up_any_further():
    assert Growth().share(0 * HOUR) == Growth().share(8 * HOUR)


def test_a_young_paper_is_expected_to_gain_what_papers_of_its_age_still_gain():
    assert Growth().expected(70, age=17 * HOUR) == pytest.approx(100)
    assert Growth().expected(0, age=17 * HOUR) == 0


def test_without_lists_the_start_is_all_that_is_known():
    assert learn([]).shares == START


def test_few_lists_say_little_and_many_say_all():
    slow = Watched({17: (30, 100)})
    assert learn([slow]).shares[17] == pytest.approx((0.3 + 10 * 0.7) / 11)
    # It cannot be less than the share at 8 hours, of which nobody said anything.
    assert learn([slow] * 1_000).shares[17] == pytest.approx(START[8])
    quick = Watched({8: (20, 100), 17: (30, 100)})
    assert learn([quick] * 1_000).shares[17] == pytest.approx(0.3, abs=0.01)


def test_one_odd_list_does_not_decide():
    usual = [Watched({17: (70, 100)})] * 4
    assert learn([*usual, Watched({17: (1, 5_000)})]).shares[17] == pytest.approx(0.7)


def test_a_list_with_hardly_any_votes_says_nothing():
    assert learn([Watched({17: (0, 19)})] * 50).shares == START


@given(st.lists(st.dictionaries(st.sampled_from(sorted(START)), shares, min_size=1), max_size=40))
def test_learned_shares_only_ever_grow_and_end_at_one(lists):
    learned = learn(
        Watched({hours: (share * 100, 100) for hours, share in seen.items()}) for seen in lists
    ).shares
    assert list(learned) == sorted(START)
    assert all(0 < before <= after <= 1 for before, after in pairwise(learned.values()))
    assert learned[168] == 1
