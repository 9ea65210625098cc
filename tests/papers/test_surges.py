from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papers import surges
from tests.papers.history_steps import HOUR, at, watch

OTHERS = {name: watch({8: 6 + n, 9: 7 + n, 10: 9 + n}) for n, name in enumerate("abcdef")}


def doubted(looks, others=OTHERS, **options):
    return surges.doubted({**others, "it": watch(looks)}, **options)["it"]


def test_a_thousand_votes_in_a_minute_count_as_what_the_best_other_paper_gained():
    assert doubted({8: 6, 9: 7, 9 + 1 / 60: 1_007, 10: 1_007}) == 998  # the others gained 2


def test_such_votes_do_not_count_either_when_hours_pass_until_the_next_look():
    assert doubted({8: 6, 20: 1_006}) > 900


def test_a_paper_that_comes_with_a_thousand_votes_is_doubted():
    assert doubted({10: 1_000}) > 900


def test_what_a_late_paper_brings_is_measured_against_the_age_of_its_list():
    others = {n: watch({19: 30, 20: 31}) for n in range(6)}
    late = watch({20: 150}, first_look=19)
    assert surges.doubted({**others, "it": late})["it"] == 0


def test_a_hot_paper_is_believed():
    assert doubted({8: 98, 9: 130, 10: 165}) == 0


def test_a_paper_may_gain_much_while_all_do():
    others = {n: watch({8: 10, 9: 40}) for n in range(6)}
    assert doubted({8: 10, 9: 330}, others) == 0
    assert doubted({8: 10, 9: 400}, others) > 0


def test_a_stream_that_is_steady_by_the_hour_shows_by_the_day():
    others = {n: watch(dict.fromkeys(range(1, 49), 5)) for n in range(6)}
    assert doubted({hour: 55 * hour for hour in range(1, 49)}, others) > 1_000


def test_two_bought_papers_do_not_excuse_each_other():
    bought = {"x": watch({8: 6, 9: 1_006}), "y": watch({8: 6, 9: 1_006})}
    found = surges.doubted({**OTHERS, **bought})
    assert min(found["x"], found["y"]) > 900


def test_votes_that_a_person_found_genuine_count_and_later_ones_are_looked_at_again():
    looks = {8: 6, 9: 1_006, 10: 1_006}
    assert doubted(looks, vouched={"it": at(9)}) == 0
    assert doubted({**looks, 12: 2_500}, vouched={"it": at(10)}) > 1_400


def test_votes_of_an_earlier_list_are_not_doubted():
    assert doubted({-200: 900, -199: 905, 8: 910, 9: 912}) == 0


def test_others_do_not_suffer():
    found = surges.doubted({**OTHERS, "it": watch({8: 6, 9: 5_000})})
    assert [found[name] for name in OTHERS] == [0] * len(OTHERS)


def test_a_list_without_papers_or_votes_is_fine():
    assert surges.doubted({}) == {}
    assert surges.doubted({"it": watch({8: 0})}) == {"it": 0}


def test_what_is_let_through_grows_slower_than_time():
    quiet = [0, 0, 0]
    assert surges.allowed(timedelta(minutes=1), quiet) == surges.allowed(HOUR, quiet) == 60
    assert surges.allowed(4 * HOUR, quiet) == 120
    assert surges.allowed(HOUR, [1, 3, 5]) == 90


@given(
    st.lists(
        st.lists(st.integers(min_value=0, max_value=3_000), min_size=3, max_size=3),
        min_size=1,
        max_size=8,
    )
)
def test_no_more_votes_are_doubted_than_there_are(lists):
    histories = {
        n: watch({8 + hour: sum(gains[: hour + 1]) for hour in range(3)})
        for n, gains in enumerate(lists)
    }
    for paper, found in surges.doubted(histories).items():
        assert 0 <= found <= sum(lists[paper])


@pytest.mark.parametrize("looks", [{8: 50, 9: 40, 10: 55}, {8: 0, 9: 0}])
def test_votes_that_are_taken_back_do_no_harm(looks):
    assert doubted(looks) == 0
