from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from papers import scoring

MONDAY = date(2026, 3, 16)
START = datetime(2026, 3, 16, 8, 0, tzinfo=UTC)


@pytest.fixture
def observe():
    def add(paper, *stars, source="huggingface"):
        for hours, number in enumerate(stars):
            paper.observations.create(
                source=source,
                seen_at=START + timedelta(hours=hours),
                listed_on=paper.listed_on,
                votes=paper.votes,
                stars=number,
            )

    return add


def score_of(paper):
    paper.refresh_from_db()
    return paper.trend_score


def test_papers_are_scored_within_their_own_list(make_paper):
    quiet = [make_paper(votes=votes, listed_on=MONDAY) for votes in (1, 2)]
    busy = [make_paper(votes=votes, listed_on=date(2026, 3, 17)) for votes in (100, 200)]
    assert scoring.score_lists([MONDAY, date(2026, 3, 17)]) == 4
    assert [score_of(paper) for paper in quiet] == [score_of(paper) for paper in busy]
    assert score_of(quiet[1]) > score_of(quiet[0]) > 0


def test_other_lists_keep_their_scores(make_paper):
    other = make_paper(listed_on=date(2026, 3, 17), trend_score=0.9)
    assert scoring.score_lists([MONDAY]) == 0
    assert score_of(other) == 0.9


def test_comments_break_a_tie_of_votes(make_paper):
    silent, discussed = make_paper(votes=5), make_paper(votes=5, comments=2)
    scoring.score_lists([MONDAY])
    assert score_of(discussed) > score_of(silent)


def test_stars_count_only_as_far_as_they_were_gained(make_paper, observe):
    famous, rising = make_paper(votes=5), make_paper(votes=5)
    observe(famous, 90_000, 90_000)
    observe(rising, 10, 12, 40)
    scoring.score_lists([MONDAY])
    assert score_of(rising) > score_of(famous)


def test_a_repository_that_is_linked_late_has_gained_nothing(make_paper, observe):
    late, none = make_paper(votes=5), make_paper(votes=5)
    observe(late, 0, 90_000)
    scoring.score_lists([MONDAY])
    assert score_of(late) == score_of(none)


def test_stars_of_different_sources_are_never_compared(make_paper, observe):
    paper, none = make_paper(votes=5), make_paper(votes=5)
    observe(paper, 10, source="page")
    observe(paper, 0, 500, source="huggingface")
    scoring.score_lists([MONDAY])
    assert score_of(paper) == score_of(none)


def test_lost_stars_do_no_harm(make_paper, observe):
    paper, none = make_paper(votes=5), make_paper(votes=5)
    observe(paper, 50, 20)
    scoring.score_lists([MONDAY])
    assert score_of(paper) == score_of(none)


def test_the_largest_gain_that_a_source_saw_counts(make_paper, observe):
    watched, twice = make_paper(votes=5), make_paper(votes=5)
    observe(watched, 10, 20)
    observe(twice, 10, 11)
    observe(twice, 10, 60, source="page")
    scoring.score_lists([MONDAY])
    assert score_of(twice) > score_of(watched)


@pytest.mark.parametrize(("today", "count"), [(16, 1), (23, 1), (24, 0), (15, 0)])
def test_recent_lists_are_those_of_eight_days(make_paper, today, count):
    make_paper(listed_on=MONDAY)
    assert scoring.score_recent(today=date(2026, 3, today)) == count


def test_papers_without_a_list_date_are_not_scored(make_paper):
    paper = make_paper(listed_on=None, trend_score=0, votes=9)
    scoring.score_recent(today=MONDAY)
    assert score_of(paper) == 0


def test_query_count_does_not_grow_with_papers(make_paper, observe, django_assert_max_num_queries):
    for votes in range(40):
        observe(make_paper(votes=votes), 1, 2, 3)
    with django_assert_max_num_queries(8):
        scoring.score_lists([MONDAY])


def test_scores_that_stay_the_same_are_not_written_again(make_paper, django_assert_num_queries):
    make_paper(votes=3)
    scoring.score_lists([MONDAY])
    with django_assert_num_queries(5):  # papers, looks, rises, growth, stars
        scoring.score_lists([MONDAY])


@pytest.fixture
def watch():
    """Note {hour of the list: votes} of a paper, whose newest votes are the last of them."""

    def note(paper, looks):
        for hour, votes in looks.items():
            at = START - timedelta(hours=8) + timedelta(hours=hour)
            paper.observations.create(
                source="huggingface", seen_at=at, listed_on=paper.listed_on, votes=votes
            )
        paper.votes = votes
        paper.save()
        return paper

    return note


def test_expected_votes_are_those_of_a_week(make_paper, watch):
    paper = watch(make_paper(), {17: 70})
    scoring.score_lists([MONDAY])
    paper.refresh_from_db()
    assert paper.expected_votes == pytest.approx(100)


def test_votes_that_nobody_watched_are_as_old_as_their_list(make_paper, watch):
    watched, stored = watch(make_paper(), {17: 7}), make_paper(votes=7)
    scoring.score_lists([MONDAY])
    assert score_of(watched) == score_of(stored)
    alone = make_paper(votes=7, listed_on=date(2026, 3, 17))
    scoring.score_lists([date(2026, 3, 17)])
    alone.refresh_from_db()
    assert alone.expected_votes == 7


def test_a_paper_added_late_competes_with_what_it_may_still_gain(make_paper, watch):
    early, late = watch(make_paper(), {8: 9, 17: 12}), watch(make_paper(), {16: 9, 17: 11})
    scoring.score_lists([MONDAY])
    assert score_of(late) > score_of(early)


def test_a_thousand_votes_in_a_minute_do_not_lift_a_paper_to_the_top(make_paper, watch):
    others = [watch(make_paper(), {8: 5 + n, 17: 9 + n}) for n in range(6)]
    bought = watch(make_paper(), {8: 4, 17: 5, 17.02: 1_005})
    scoring.score_lists([MONDAY])
    assert score_of(bought) < max(score_of(paper) for paper in others)
    assert (bought.votes, bought.doubted_votes) == (1_005, 1_000)
    bought.vouched_at = START + timedelta(hours=12)
    bought.save()
    scoring.score_lists([MONDAY])
    assert score_of(bought) > max(score_of(paper) for paper in others)
    assert bought.doubted_votes == 0


def test_a_paper_that_is_listed_again_competes_with_what_it_gained_since(make_paper, watch):
    famous, fresh = make_paper(), watch(make_paper(), {8: 5, 17: 10})
    famous.observations.create(
        source="huggingface",
        seen_at=START - timedelta(days=6),
        listed_on=MONDAY - timedelta(days=6),
        votes=500,
    )
    watch(famous, {8: 500, 17: 502})
    scoring.score_lists([MONDAY])
    assert score_of(fresh) > score_of(famous)


def test_votes_of_our_readers_lift_a_paper(make_paper):
    liked, other = make_paper(votes=5, own_votes=3), make_paper(votes=5)
    scoring.score_lists([MONDAY])
    assert score_of(liked) > score_of(other)


def test_without_the_setting_nothing_is_guessed(make_paper):
    code, bare = make_paper(code_url="https://github.com/a/b"), make_paper()
    scoring.score_lists([MONDAY])
    assert score_of(code) == score_of(bare)


def test_papers_that_nobody_counts_stay_out_of_the_percentiles(make_paper, watch):
    low, high = watch(make_paper(), {8: 0}), watch(make_paper(), {8: 9})
    announced = [make_paper() for _ in range(50)]
    scoring.score_lists([MONDAY])
    assert score_of(low) == pytest.approx((0.25 + 0.15 * 0.5) / 1.25)
    assert score_of(high) > 2 * score_of(low)
    assert {score_of(paper) for paper in announced} == {0}


def test_a_list_of_which_nobody_counts_anything_is_a_draw(make_paper):
    papers = [make_paper() for _ in range(3)]
    scoring.score_lists([MONDAY])
    assert [score_of(paper) for paper in papers] == pytest.approx([0.46] * 3)


def test_papers_without_votes_are_guessed_below_those_with_votes(make_paper, watch, settings):
    settings.TREND_PRIOR = True
    bare, voted = watch(make_paper(), {8: 0}), watch(make_paper(), {8: 1})
    code = make_paper(code_url="https://github.com/a/b", project_url="https://a.example")
    watch(code, {8: 0})
    scoring.score_lists([MONDAY])
    assert score_of(voted) > score_of(code) > score_of(bare)


def test_a_list_with_votes_is_guessed_no_more(make_paper, settings):
    settings.TREND_PRIOR = True
    make_paper(votes=5)
    code, bare = make_paper(code_url="https://github.com/a/b"), make_paper()
    scoring.score_lists([MONDAY])
    assert score_of(code) == score_of(bare)


def test_a_young_list_is_guessed_whatever_its_votes(make_paper, watch, settings):
    settings.TREND_PRIOR = True
    watch(make_paper(), {5: 50})
    code, bare = make_paper(code_url="https://github.com/a/b"), make_paper()
    watch(code, {5: 0}), watch(bare, {5: 0})
    scoring.score_lists([MONDAY])
    assert score_of(code) > score_of(bare)


def test_guesses_learn_from_earlier_lists(make_paper, settings):
    settings.TREND_PRIOR = True
    for day in range(1, 11):
        listed_on = date(2026, 3, day)
        make_paper(authors=["Lucky"], expected_votes=90, listed_on=listed_on)
        make_paper(authors=["Hapless"], expected_votes=1, listed_on=listed_on)
    lucky, hapless = make_paper(authors=["Lucky"]), make_paper(authors=["Hapless"])
    scoring.score_lists([MONDAY])
    assert score_of(lucky) > score_of(hapless)
