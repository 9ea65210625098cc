from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from papers.health import Facts, Health, Reading, State, judge

NOW = datetime(2026, 3, 18, 14, tzinfo=UTC)  # a Wednesday, after the lists are out
EVERY, MINUTE = timedelta(minutes=45), timedelta(minutes=1)
TODAY, YESTERDAY = date(2026, 3, 18), date(2026, 3, 17)
GOOD = {"records": 40}


def readings(*outcomes):
    """Polls, newest first, each 45 minutes before the next."""
    return [Reading(NOW - MINUTE - EVERY * n, **each) for n, each in enumerate(outcomes)]


def state(*outcomes, newest=TODAY, now=NOW, **facts):
    return judge(Facts(readings(*outcomes), newest, **facts), every=EVERY, now=now)


def test_a_source_that_is_read_and_has_the_list_of_today_is_fresh():
    assert state(GOOD, GOOD) == Health(
        State.FRESH, "Last asked at 13:59 UTC; its newest is of 2026-03-18."
    )


def test_a_source_that_was_never_read_is_late():
    assert state().state == State.LATE


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["down", "down", "fine"], State.BROKEN),
        (["down"], State.BROKEN),
        (["down", "fine"], State.FRESH),  # one bad moment
        (["fine", "down", "down", "down"], State.FRESH),
    ],
)
def test_a_source_that_fails_again_and_again_is_broken(outcomes, expected):
    kinds = {"down": {"error": "the line went dead"}, "fine": GOOD}
    assert state(*[kinds[outcome] for outcome in outcomes]).state == expected


def test_it_is_said_how_often_it_failed_and_since_when_and_why():
    down = {"error": "the line went dead"}
    assert state(down, down, down).sentence == (
        "It could not be read 3 times in a row, since 2026-03-18 12:29 UTC: the line went dead"
    )


@pytest.mark.parametrize(
    ("newest", "now", "expected"),
    [
        (TODAY, NOW, State.FRESH),
        (date(2026, 3, 20), NOW, State.FRESH),
        (YESTERDAY, NOW, State.EMPTY),
        (YESTERDAY, NOW.replace(hour=11), State.FRESH),  # today's may still come
        (date(2026, 3, 16), NOW.replace(hour=11), State.LATE),
        (date(2026, 3, 16), NOW, State.LATE),
        (date(2020, 1, 1), NOW, State.LATE),
        (None, NOW, State.EMPTY),
    ],
)
def test_the_newest_list_says_whether_anything_comes(newest, now, expected):
    assert state(GOOD, newest=newest, now=now).state == expected


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [(21, 23, State.FRESH), (22, 23, State.FRESH), (23, 11, State.FRESH), (23, 12, State.EMPTY)],
)
def test_nothing_is_expected_at_a_week_end(day, hour, expected):
    """The list of Friday is good until Monday at noon."""
    now = datetime(2026, 3, day, hour, tzinfo=UTC)
    facts = Facts([Reading(now, records=40)], newest=date(2026, 3, 20))
    assert judge(facts, every=EVERY, now=now).state == expected


def test_other_holidays_can_be_told():
    facts = Facts(readings(GOOD), newest=YESTERDAY)
    found = judge(facts, every=EVERY, now=NOW, is_working_day=lambda day: day != TODAY)
    assert found.state == State.FRESH


def test_a_source_that_nobody_asks_any_more_is_late():
    found = state(GOOD, now=NOW + 3 * EVERY)
    assert found.state == State.LATE
    assert "do beat and a worker for papers run?" in found.sentence
    assert state(GOOD, now=NOW + 3 * EVERY - MINUTE).state == State.FRESH


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ({"records": 80, "refused": 20}, State.FRESH),
        ({"records": 79, "refused": 21}, State.ODD),
        ({"records": 0, "refused": 40}, State.ODD),
        ({"records": 2, "refused": 2}, State.FRESH),  # too few to say
        ({"records": 0}, State.ODD),
        ({"records": 0, "unchanged_pages": 6}, State.FRESH),  # as it was, and was good
    ],
)
def test_a_source_that_is_no_longer_understood_is_odd(outcome, expected):
    assert state(outcome).state == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 3, 16, 11, tzinfo=UTC), State.FRESH),  # Monday, too early
        (datetime(2026, 3, 16, 13, tzinfo=UTC), State.ODD),
        (datetime(2026, 3, 15, 13, tzinfo=UTC), State.FRESH),  # Sunday
    ],
)
def test_a_feed_of_one_day_may_be_empty_when_nothing_is_due(now, expected):
    facts = Facts([Reading(now)], newest=date(2026, 3, 13))
    assert judge(facts, every=EVERY, now=now).state == expected


def test_one_failure_does_not_hide_that_the_answers_before_it_were_odd():
    assert state({"error": "dead"}, {"refused": 40}).state == State.ODD


def test_a_source_that_is_left_alone_says_so_before_all_else():
    found = state({"error": "429"}, {"error": "429"}, pause="it is left alone until noon")
    assert found == Health(State.PAUSED, "it is left alone until noon")
