from __future__ import annotations

import pytest

from papers.prior import Known, Prior


def taught(lists):
    prior = Prior()
    for listed, votes in lists:
        prior.learn(listed, votes)
    return prior


def test_papers_of_which_nothing_is_known_are_all_in_the_middle():
    assert Prior().guess([Known(), Known()]) == [0.5, 0.5]


def test_an_empty_list_needs_no_guess_and_teaches_nothing():
    prior = taught([([], [])])
    assert prior.guess([]) == []


@pytest.mark.parametrize(
    "fact",
    [
        {"has_code": True},
        {"has_project_page": True},
        {"has_video": True},
        {"author_count": 30},
        {"authors": ("One", "Two", "Three")},
    ],
)
def test_every_fact_lifts_a_paper_at_the_start(fact):
    bare, known = Prior().guess([Known(), Known(**fact)])
    assert known > 0.5 > bare


@pytest.mark.parametrize("who", [{"submitter": "s"}, {"organisation": "o"}, {"authors": ("a",)}])
def test_who_did_well_before_is_expected_to_do_well_again(who):
    nobody = {name: tuple("b") if name == "authors" else "b" for name in who}
    prior = taught([([Known(**who), Known(**nobody)], [50, 2])] * 3)
    well, badly = prior.guess([Known(**who), Known(**nobody)])
    assert well > 0.5 > badly


def test_one_success_says_less_than_five():
    once = taught([([Known("s"), Known("t")], [50, 2])])
    often = taught([([Known("s"), Known("t")], [50, 2])] * 5)
    new = [Known("s"), Known("stranger")]
    assert 0.5 < once.guess(new)[0] < often.guess(new)[0]


def test_of_two_who_always_did_well_the_one_with_more_papers_is_surer():
    often, once, nobody = Known("often"), Known("once"), Known()
    prior = taught([([often, nobody], [50, 2])] * 5 + [([once, nobody], [50, 2])])
    more, less = prior.guess([often, once])
    assert more > less


def test_guesses_come_near_what_is_always_so():
    prior = taught([([Known(has_code=True), Known()], [9, 1])] * 300)
    assert prior.guess([Known(has_code=True), Known()]) == pytest.approx([0.75, 0.25], abs=0.02)


def test_names_of_different_kinds_are_not_mixed_up():
    prior = taught([([Known(submitter="x"), Known()], [50, 2])] * 5)
    assert prior.guess([Known(organisation="x"), Known(organisation="y")]) == [0.5, 0.5]


def test_weights_are_learned_from_many_lists():
    # Here code does harm.
    prior = taught([([Known(has_code=True), Known()], [1, 9])] * 60)
    with_code, without = prior.guess([Known(has_code=True), Known()])
    assert with_code < without


def test_a_fact_that_all_papers_of_a_list_have_changes_nothing():
    assert Prior().guess([Known(has_code=True)] * 3) == [0.5] * 3


def test_guesses_stay_within_their_range():
    crowd = Known("s", "o", True, True, True, 0, tuple(f"author {n}" for n in range(5_000)))
    prior = taught([([crowd, Known()], [90, 0])] * 30)
    assert all(0 <= guess <= 1 for guess in prior.guess([crowd, Known(), Known(), Known()]))
