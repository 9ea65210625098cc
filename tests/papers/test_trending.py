from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papers.trending import Attention, percentiles, trend_scores

counts = st.integers(min_value=0, max_value=2**40) | st.integers(min_value=0, max_value=3)
attention = st.builds(Attention, votes=counts, comments=counts, stars_gained=counts)
lists = st.lists(attention, min_size=1, max_size=30)


def test_a_list_without_papers_has_no_scores():
    assert trend_scores([]) == []


def test_percentiles_are_mid_ranks():
    assert percentiles([5, 1, 5, 9]) == [0.5, 0.125, 0.5, 0.875]


def test_a_paper_alone_in_its_list_is_in_the_middle():
    assert trend_scores([Attention(votes=900, comments=3, stars_gained=7)]) == [pytest.approx(0.5)]


def test_the_formula_by_hand():
    first, second = trend_scores([Attention(10, 0, 5), Attention(2, 4, 0)])
    assert first == pytest.approx((0.75 + 0.15 * 0.25 + 0.10 * 0.75) / 1.25)
    assert second == pytest.approx((0.25 + 0.15 * 0.75) / 1.25)


def test_votes_of_readers_count_where_there_are_some():
    assert trend_scores([Attention(3), Attention(3)]) == [pytest.approx(0.46)] * 2
    liked, other = trend_scores([Attention(3, readers=2), Attention(3)])
    assert liked - other == pytest.approx(0.25 * 0.5 / 1.5)


def test_votes_of_readers_alone_do_not_lift_the_last_paper_to_the_top():
    papers = [Attention(votes) for votes in range(1, 10)]
    scores = trend_scores([*papers, Attention(0, readers=10**6)])
    assert scores[-1] < sorted(scores)[-5]


def test_a_guess_orders_papers_without_votes():
    high, low = trend_scores([Attention(prior=0.8), Attention(prior=0.3)])
    assert high > low


def test_the_best_guess_does_not_lift_a_paper_over_one_with_a_vote():
    guessed, voted = trend_scores([Attention(prior=1.0), Attention(votes=1, prior=0.0)])
    assert voted > guessed


def test_a_guess_counts_less_the_more_votes_there_are():
    few = trend_scores([Attention(1, prior=0.9), Attention(2, prior=0.1)])
    many = trend_scores([Attention(100, prior=0.9), Attention(200, prior=0.1)])
    assert few[0] > few[1]
    assert many[0] < many[1]


def test_without_a_guess_for_every_paper_there_is_none():
    first, second = trend_scores([Attention(prior=0.9), Attention()])
    assert first == second


def test_no_stars_gained_count_nothing_even_if_nobody_gained_any():
    scores = trend_scores([Attention(votes=1), Attention(votes=1)])
    assert scores == [pytest.approx(0.46), pytest.approx(0.46)]


def test_votes_outweigh_comments_and_stars_between_the_ends_of_a_list():
    most_voted, most_discussed = trend_scores([Attention(9, 0, 0), Attention(1, 9, 9)])
    assert most_voted > most_discussed


@pytest.mark.parametrize("name", ["votes", "comments", "stars_gained"])
def test_negative_counts_are_refused(name):
    with pytest.raises(ValueError, match="negative"):
        Attention(**{name: -1})


@given(lists)
def test_scores_lie_above_0_and_not_above_1(papers):
    scores = trend_scores(papers)
    assert len(scores) == len(papers)
    assert all(0 < score <= 1 for score in scores)


@given(lists, st.integers(min_value=1, max_value=10**9), st.data())
def test_more_votes_never_lower_a_score_nor_raise_another(papers, more, data):
    lucky = data.draw(st.integers(min_value=0, max_value=len(papers) - 1))
    paper = papers[lucky]
    richer = [*papers]
    richer[lucky] = Attention(paper.votes + more, paper.comments, paper.stars_gained)

    before, after = trend_scores(papers), trend_scores(richer)
    assert after[lucky] >= before[lucky]
    others = [place for place in range(len(papers)) if place != lucky]
    assert all(after[place] <= before[place] + 1e-9 for place in others)


@given(
    lists.flatmap(lambda papers: st.tuples(st.just(papers), st.permutations(range(len(papers)))))
)
def test_the_order_of_the_list_does_not_matter(shuffled):
    papers, order = shuffled
    scores = trend_scores(papers)
    assert trend_scores([papers[place] for place in order]) == [scores[place] for place in order]


@given(lists)
def test_equal_attention_gets_equal_scores(papers):
    scores = trend_scores(papers * 2)
    assert scores[: len(papers)] == scores[len(papers) :]
