from __future__ import annotations

from math import log, log2
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papers.evaluation.measures import MEASURES, difference, interval, ndcg, overlap, spearman

votes = st.lists(st.integers(min_value=0, max_value=300), min_size=1, max_size=20)


def test_ndcg_by_hand():
    gains = [log(11), log(3), log(1)]
    best = gains[0] + gains[1] / log2(3)
    worst = gains[2] + gains[1] / log2(3) + gains[0] / 2
    assert ndcg([1, 2, 3], [10, 2, 0], top=5) == pytest.approx(worst / best)
    assert ndcg([3, 2, 1], [10, 2, 0], top=1) == 1


def test_equal_scores_count_as_the_mean_of_all_their_orders():
    orders = [ndcg([2, 1], [10, 2], top=2), ndcg([1, 2], [10, 2], top=2)]
    assert ndcg([1, 1], [10, 2], top=2) == pytest.approx(sum(orders) / 2)
    assert overlap([1, 1], [10, 2], top=1) == 0.5


def test_a_list_without_votes_cannot_be_ordered_well_or_badly():
    assert ndcg([1, 2], [0, 0], top=5) is None
    assert spearman([1, 2], [0, 0]) is None
    assert spearman([1, 1], [5, 2]) is None


def test_rank_correlation():
    assert spearman([1, 2, 3], [10, 20, 30]) == pytest.approx(1)
    assert spearman([3, 2, 1], [10, 20, 30]) == pytest.approx(-1)


def test_overlap_of_a_short_list_is_taken_of_what_there_is():
    assert overlap([1, 2, 3], [3, 2, 1], top=5) == 1
    assert overlap([1, 2, 3, 4], [4, 3, 2, 1], top=2) == 0


@given(votes)
def test_no_order_beats_that_of_the_votes(votes):
    for name in ("NDCG@5", "NDCG@10", "top-5 overlap"):
        found = MEASURES[name](votes, votes)
        if name == "top-5 overlap" and len(set(votes)) == len(votes):
            assert found == pytest.approx(1)
        assert found is None or found <= 1 + 1e-9


@given(votes, st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter(votes, chance):
    scores = [chance.choice([0, 1, 2]) for _ in votes]
    mixed = chance.sample(range(len(votes)), len(votes))
    for measure in MEASURES.values():
        same = measure([scores[n] for n in mixed], [votes[n] for n in mixed])
        assert same == pytest.approx(measure(scores, votes))


def test_an_interval_holds_the_mean_and_skips_lists_without_a_value():
    found = interval([0.2, None, 0.4, 0.6], Random(1))
    assert found.lists == 3
    assert found.mean == pytest.approx(0.4)
    assert 0.2 <= found.low < 0.4 < found.high <= 0.6
    assert interval([None], Random(1)) is None


def test_intervals_are_the_same_every_time():
    values = [n / 10 for n in range(10)]
    assert interval(values, Random(7)) == interval(values, Random(7))


def test_a_difference_is_taken_list_by_list():
    found = difference([0.5, 0.9, None], [0.4, 0.8, 0.1], Random(1))
    assert (found.lists, found.low, found.high) == (2, pytest.approx(0.1), pytest.approx(0.1))
