"""What somebody would have got, told before he is a reader."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from newsletter import foretaste, issues
from newsletter.foretaste import Wanted
from newsletter.matching.readers import Reader
from newsletter.models import Delivery, Issue, Sent
from papers.models import Paper
from subscriptions.models import Phrase, Subscriber
from tests.conftest import MOMENT

TODAY = MOMENT.date()  # a Tuesday
DAY = timedelta(days=1)


@pytest.fixture
def make_list(make_paper):
    """So many papers on the list of so many days ago, on these topics."""

    def make(ago: int, count: int, *, topics=("agents",), **fields) -> list[Paper]:
        listed = {"listed_on": TODAY - ago * DAY, "first_seen_at": MOMENT - ago * DAY}
        return [make_paper(topics=topics, **listed, **fields) for _ in range(count)]

    return make


@pytest.fixture
def taste(make_topic):
    def see(topics=("agents",), *, cadence="daily", length=7, at=MOMENT, **phrases):
        chosen = {make_topic(slug).pk: 1.0 for slug in topics}
        return foretaste.foretaste(Wanted(chosen, length, **phrases), cadence, at=at)

    return see


def test_a_site_without_papers_promises_nothing(taste):
    seen = taste()
    assert seen.is_empty
    assert (seen.papers, seen.in_a_week, seen.on, seen.latest) == (0, 0, None, [])


def test_papers_are_counted_by_digest_and_by_week(taste, make_list):
    for ago in range(1, 15):
        make_list(ago, 3)
        make_list(ago, 2, topics=["vision"])
    seen = taste()
    assert (seen.a_mail, seen.a_week) == (3, 21)
    assert (seen.papers, seen.in_a_week) == (3, 21)
    assert taste(["agents", "vision"]).in_a_week == 35


def test_no_digest_is_longer_than_wished_for_and_no_paper_comes_twice(taste, make_list):
    make_list(2, 10)
    seen = taste(length=7)
    # Seven at once and three on the next day, for a list may be sent for three days.
    assert (seen.a_mail, seen.a_week) == (5, 5)
    assert (seen.on, len(seen.latest)) == (TODAY - DAY, 3)


def test_on_weekdays_nothing_comes_at_a_weekend(taste, make_list):
    for ago in range(1, 15):
        make_list(ago, 1)
    seen = taste(cadence="weekdays", length=1)
    assert (seen.a_mail, seen.a_week) == (1, 5)


@pytest.mark.parametrize(("cadence", "a_week"), [("weekly", 4), ("monthly", 7 * 4 / 31)])
def test_a_long_digest_is_taken_to_be_of_yesterday(taste, make_list, cadence, a_week):
    make_list(4, 4)
    make_list(11, 4)
    seen = taste(cadence=cadence, length=4)
    assert (seen.on, seen.a_mail) == (TODAY - DAY, 4)
    assert seen.a_week == pytest.approx(a_week)


def test_today_is_not_over_and_does_not_count(taste, make_list):
    make_list(0, 5)
    assert taste().is_empty


def test_the_last_digest_is_shown_with_its_reasons(taste, make_list):
    [paper] = make_list(1, 1, trend_score=1)
    [other] = make_list(1, 1, topics=["vision"], title="On cold fusion")
    seen = taste(keywords=["cold fusion"])
    whys = {item.paper: item.why for item in seen.latest}
    assert whys == {
        paper: 'you follow Agents; title mentions "agents"',
        other: 'you look for "cold fusion"',
    }


def test_what_is_excluded_does_not_come_and_authors_do(taste, make_list):
    make_list(1, 1, title="On cold fusion")
    make_list(1, 1, topics=["vision"], authors=["Ada Example"])
    seen = taste(excluded=["cold fusion"], authors=["ada example"])
    assert [item.why for item in seen.latest] == ["you follow the author Ada Example"]


def test_it_is_what_a_real_reader_gets(taste, make_list, make_subscriber, make_topic):
    for ago in range(1, 6):
        make_list(ago, 4, trend_score=ago / 10)
    reader = make_subscriber(topics=["agents"], length=3)
    interests = {make_topic("agents").pk: 1.0}
    sent: set[int] = set()
    got: list[int] = []
    for ago in range(14, 0, -1):
        draft = issues.draft(reader, Reader(0, interests, 3, sent), at=MOMENT - ago * DAY)
        got = [pick.paper_id for pick in draft.picks]
        sent |= set(got)
    assert len(got) == 3
    assert [item.paper.pk for item in taste(length=3).latest] == got


def test_looking_changes_nothing(taste, make_list):
    make_list(1, 3)
    taste(keywords=["never seen before"])
    models = (Subscriber, Phrase, Issue, Delivery, Sent)
    assert [model.objects.count() for model in models] == [0] * len(models)


def test_a_second_look_loads_only_the_papers_that_are_shown(
    taste, make_list, django_assert_num_queries
):
    for ago in range(1, 15):
        make_list(ago, 3)
    taste()
    chosen = dict.fromkeys(Paper.topics.through.objects.values_list("topic", flat=True), 1.0)
    with django_assert_num_queries(3):  # papers, assignments, topics
        foretaste.foretaste(Wanted(chosen, 7, keywords=["a b"]), "daily", at=MOMENT)


def test_within_an_hour_the_candidates_stay_and_then_they_are_looked_at_anew(taste, make_list):
    make_list(1, 1)
    assert len(taste().latest) == 1
    make_list(1, 1)
    assert len(taste(at=MOMENT + timedelta(minutes=59)).latest) == 1
    assert len(taste(at=MOMENT + timedelta(hours=1)).latest) == 2


def test_keywords_of_one_visitor_mean_nothing_to_the_next(taste, make_list):
    make_list(1, 1, topics=[], title="On cold fusion")
    assert not taste(keywords=["cold fusion"]).is_empty
    assert taste(keywords=["warm fusion"]).is_empty
    assert taste().is_empty


def test_a_paper_from_outside_is_shown_where_digests_have_one(taste, make_list, settings):
    settings.OUTSIDE_PICK = True
    make_list(1, 2)
    make_list(1, 1, topics=["vision"], trend_score=1)
    assert taste().latest[-1].why == "much read, and outside your topics"
    assert taste().on == date(2026, 3, 16)
