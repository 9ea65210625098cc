from __future__ import annotations

import numpy as np
import pytest

from papers import likeness
from papers.likeness import NUMBERS, UNIT, learn, pack, unpack
from papers.vectors import DIMENSIONS, LENGTH

DICE = np.random.default_rng(1)
NONE = np.zeros((0, DIMENSIONS), np.int8)


def papers(*axes: int, count: int = 1, noise: float = 0.3):
    """Papers near the sum of these axes."""
    made = DICE.standard_normal((count, DIMENSIONS)) * noise / DIMENSIONS**0.5
    made[:, list(axes)] += 1
    made *= LENGTH / np.linalg.norm(made, axis=1, keepdims=True)
    return np.rint(made).astype(np.int8)


USUAL = np.concatenate([papers(axis, count=20) for axis in range(10)])


def like(found, rows):
    """How much papers are like what is wanted, as matching computes it."""
    numbers = unpack(pack(found)).astype(int)
    return likeness.with_constant(rows).astype(int) @ numbers / UNIT


@pytest.mark.parametrize("count", [1, 3, 30])
def test_what_is_wanted_is_one_on_average_and_what_is_usual_nothing(count):
    wanted = papers(3, count=count)
    found = learn(wanted, NONE, USUAL)
    assert like(found, wanted).mean() == pytest.approx(1, abs=0.05)
    assert like(found, USUAL).mean() == pytest.approx(0, abs=0.05)
    assert like(found, papers(3, count=20)).min() > 0.4 > like(found, papers(4, count=20)).max()


def test_the_more_is_wanted_the_more_counts_what_sets_it_apart():
    """All lean to axis 0, and those of axis 5 are wanted: with many, only that counts."""
    usual = np.concatenate([papers(0, axis, count=20) for axis in range(1, 10)])
    one, many = (learn(papers(0, 5, count=count), NONE, usual) for count in (1, 50))
    assert abs(many[0] / many[5]) < abs(one[0] / one[5])


def test_what_is_unwanted_is_less_liked():
    wanted, unwanted = papers(3, 4, count=5), papers(3, 5, count=5)
    before, after = (like(learn(wanted, no, USUAL), unwanted) for no in (NONE, unwanted))
    assert after.mean() < before.mean() - 0.1


def test_one_word_against_many_counts_little():
    wanted, unwanted = papers(3, count=10), papers(3, 5)
    found = learn(wanted, unwanted, USUAL)
    assert like(found, papers(3, count=9)).mean() == pytest.approx(1, abs=0.15)
    assert like(found, unwanted) > 0.4


@pytest.mark.parametrize(
    ("wanted", "unwanted"),
    [(NONE, NONE), (NONE, papers(1)), (papers(1)[:1] * 0, NONE)],
)
def test_nothing_wanted_is_nothing_learnt(wanted, unwanted):
    found = learn(wanted, unwanted, np.zeros((0, DIMENSIONS), np.int8))
    assert found.shape == (NUMBERS,)
    assert not found.any()


def test_where_nothing_else_was_seen_a_word_counts_nevertheless():
    wanted = papers(3)
    assert like(learn(wanted, NONE, wanted), papers(3, count=5)).min() > 0.4
    assert like(learn(wanted, NONE, NONE), papers(3, count=5)).min() > 0.4


def test_products_stay_exact_even_if_nothing_sets_apart_what_is_wanted():
    one = papers(3)[0]
    other = -one
    other[3] += 1
    found = unpack(pack(learn(np.array([one, other]), NONE, NONE))).astype(float)
    assert np.linalg.norm(found) == pytest.approx(likeness.LONGEST * LENGTH, rel=1e-3)
    assert np.linalg.norm(found) * np.linalg.norm([*one, LENGTH]) < 2**24


def test_a_paper_without_a_vector_is_not_like_anything():
    found = learn(papers(3), papers(4, 3), USUAL)
    assert like(found, np.zeros((1, DIMENSIONS), np.int8)).tolist() == [0]


@pytest.mark.parametrize("packed", [b"", bytes(likeness.SIZE), b"\x02" * 258])
def test_what_is_cut_or_of_another_version_is_refused(packed):
    with pytest.raises(ValueError, match="version 2"):
        unpack(packed)


def test_many_are_read_at_once():
    one, other = pack(learn(papers(1), NONE, USUAL)), b"\x01" * likeness.SIZE
    is_current, rows = likeness.table(one + other + one)
    assert is_current.tolist() == [True, False, True]
    assert rows.tolist() == [unpack(one).tolist()] * 2
    assert likeness.table(b"")[1].shape == (0, NUMBERS)
