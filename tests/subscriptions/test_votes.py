from __future__ import annotations

from datetime import date, timedelta

import pytest

from subscriptions import opinions, votes
from subscriptions.models import Subscriber
from tests.conftest import MOMENT

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def vote(make_subscriber):
    """Have so many readers vote who confirmed so long before."""

    def cast(paper, number=1, *, confirmed=30 * DAY, **fields):
        for _ in range(number):
            reader = make_subscriber(state_changed_at=MOMENT - confirmed, **fields)
            opinions.vote(reader, paper, at=MOMENT)
        return reader

    return cast


def counted(paper):
    votes.count_votes(at=MOMENT)
    paper.refresh_from_db()
    return paper.own_votes


@pytest.mark.parametrize(
    ("settled", "new", "count"),
    [(0, 0, 0), (7, 0, 7), (0, 1, 1), (0, 100, 1), (4, 2, 6), (4, 100, 7), (10, 3, 13)],
)
def test_many_votes_of_new_readers_count_less(settled, new, count):
    assert votes.weigh(settled, new) == count


def test_every_reader_counts_once(make_paper, vote):
    paper = make_paper()
    reader = vote(paper, 3)
    opinions.vote(reader, paper, at=MOMENT + DAY)
    assert counted(paper) == 3


def test_a_crowd_that_has_just_confirmed_counts_as_one(make_paper, vote):
    paper = make_paper()
    vote(paper, 20, confirmed=timedelta(hours=47))
    assert counted(paper) == 1


def test_who_was_new_when_he_voted_does_not_count_more_later(make_paper, vote):
    paper = make_paper()
    vote(paper, 5, confirmed=timedelta(hours=1))
    votes.count_votes(at=MOMENT + 5 * DAY)
    paper.refresh_from_db()
    assert paper.own_votes == 1


def test_votes_of_those_who_left_do_not_count(make_paper, vote):
    paper = make_paper()
    vote(paper, 2)
    vote(paper, state=Subscriber.State.SUPPRESSED)
    assert counted(paper) == 2


def test_a_vote_that_is_taken_back_counts_no_more(make_paper, vote):
    paper = make_paper()
    reader = vote(paper)
    assert counted(paper) == 1
    opinions.take_back(reader, paper)
    assert counted(paper) == 0


def test_lists_are_scored_again_when_votes_changed(make_paper, vote):
    liked, other = make_paper(votes=5), make_paper(votes=5)
    vote(liked)
    assert votes.count_votes(at=MOMENT) == 1
    liked.refresh_from_db()
    other.refresh_from_db()
    assert liked.trend_score > other.trend_score
    assert votes.count_votes(at=MOMENT) == 0


def test_papers_of_old_lists_are_left_alone(make_paper, vote):
    paper = make_paper(listed_on=date(2026, 3, 1), own_votes=4)
    vote(paper)
    assert counted(paper) == 4
