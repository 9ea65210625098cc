"""Figures are what one gets by hand."""

from __future__ import annotations

import numpy as np
import pytest

from papers.evaluation.figures import Tally, mean_interval, ndcg


def array(*rows):
    return np.array(rows, float)


# Five papers, two topics.  Said: 5 times, of which 4 are right; wanted: 4, of which 3 are found.
TALLY = Tally(
    predicted=array([1, 0], [1, 1], [0, 1], [0, 0], [1, 0]),
    right=array([1, 0], [1, 1], [0, 0], [0, 0], [1, 0]),
    wanted=array([1, 0], [0, 1], [0, 0], [0, 1], [1, 0]),
    found=array([1, 0], [0, 1], [0, 0], [0, 0], [1, 0]),
)


def test_micro_figures_count_all_decisions_together():
    micro = TALLY.micro()
    assert (micro.precision, micro.recall) == (4 / 5, 3 / 4)
    assert micro.f1 == pytest.approx(2 * 0.8 * 0.75 / 1.55)


def test_macro_figures_are_means_of_topics():
    first, second = TALLY.topic(0), TALLY.topic(1)
    assert (first.precision, first.recall) == (1, 1)
    assert (second.precision, second.recall) == (1 / 2, 1 / 2)
    assert TALLY.macro() == (0.75, 0.75, 0.75)
    assert (TALLY.support(0), TALLY.support(1)) == (2, 2)


def test_a_topic_without_support_is_not_in_the_mean():
    empty = np.zeros((5, 1))
    wider = Tally(*(np.hstack([part, empty]) for part in
                    (TALLY.predicted, TALLY.right, TALLY.wanted, TALLY.found)))  # fmt: skip
    assert wider.macro() == TALLY.macro()


def test_nothing_said_is_no_error():
    nothing = Tally(*(np.zeros((2, 1)) for _ in range(4)))
    assert (nothing.micro().f1, nothing.macro()) == (0, (0, 0, 0))


def test_intervals_hold_the_figure_and_are_the_same_each_time():
    spread = TALLY.intervals()
    assert spread["micro P"].low <= 0.8 <= spread["micro P"].high
    assert spread["macro F1"].low < 0.75 < spread["macro F1"].high
    assert TALLY.intervals() == spread


def test_papers_that_are_all_alike_leave_no_doubt():
    same = Tally(*(np.ones((9, 1)) for _ in range(4)))
    assert same.intervals()["micro F1"].low == same.intervals()["micro F1"].high == 1
    assert mean_interval([0.5] * 9).low == mean_interval([0.5] * 9).high == 0.5


def rank(scores, relevant):
    return ndcg(np.array(scores, float), np.array(relevant), rolls=np.random.default_rng(0))


def test_ndcg_is_one_for_the_best_order_and_falls_with_the_rank():
    assert rank([3, 2, 1], [True, True, False]) == 1
    assert rank([1, 2, 3], [True, False, False]) == pytest.approx(1 / 2)  # 1 / log2(1 + 3)
    assert rank([6, 5, 4, 3, 2, 1], [False] * 5 + [True]) == 0


def test_ndcg_of_ties_is_left_to_chance_and_not_to_the_order():
    rolls = np.random.default_rng(0)
    first = np.array([True] + [False] * 9)
    gains = [ndcg(np.zeros(10), first, rolls=rolls) for _ in range(400)]
    assert 0.2 < np.mean(gains) < 0.4  # by chance 0.295; by the order of the file 1
