from __future__ import annotations

import pytest

from tests.papers.history_steps import HOUR, MIDNIGHT, at, watch


def test_a_paper_that_the_first_look_found_joined_with_its_list():
    seen = watch({8: 5, 17: 9})
    assert (seen.joined, seen.age) == (MIDNIGHT, 17 * HOUR)


def test_a_paper_that_the_first_look_did_not_find_joined_when_it_was_seen():
    late = watch({15: 2, 17: 3}, first_look=8)
    assert (late.joined, late.age) == (at(15), 2 * HOUR)


def test_papers_of_one_list_are_as_old_as_each_other_whoever_was_looked_at_last():
    assert watch({8: 5}, last_look=17).age == watch({8: 5, 17: 5}).age


def test_votes_of_an_earlier_list_are_carried_and_not_gained():
    again = watch({-100: 2, -90: 3, 8: 10, 17: 42})
    assert again.carried == 3
    assert [again.gained_by(at(hour)) for hour in (7, 8, 16, 17)] == [0, 7, 7, 39]


def test_a_paper_that_is_listed_again_and_gains_nothing_has_gained_nothing():
    again = watch({-100: 500, 8: 500, 17: 500})
    assert again.gained_by(at(17)) == 0


@pytest.mark.parametrize(("hour", "votes"), [(8, 10), (10, 10), (11, 15), (12, 20), (13, 20)])
def test_votes_between_two_looks_lie_on_a_straight_line(hour, votes):
    assert watch({8: 10, 10: 10, 12: 20, 14: 20}).gained_at(at(hour)) == votes


def test_nobody_knows_the_votes_in_the_middle_of_a_long_silence():
    seen = watch({8: 10, 20: 50})
    assert seen.gained_at(at(14)) is None
    assert seen.gained_at(at(8)) == 10


def test_nobody_knows_the_votes_before_a_list_began_or_after_the_last_look():
    seen = watch({8: 10, 9: 12})
    assert seen.gained_at(at(-1)) is None
    assert seen.gained_at(at(10)) is None
