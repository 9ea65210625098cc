from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from papers.evaluation import cold, early
from papers.evaluation.files import Entry
from papers.evaluation.snapshots import Snapshot
from papers.evaluation.trials import HACKER_NEWS, OURS, RANDOM, VOTES, Trial, hacker_news
from papers.growth import Growth
from papers.prior import Known

FIRST = date(2026, 1, 5)


def a_list(day, *votes):
    """A list in the order of its votes, as files are."""
    return [
        Entry(day, f"2601.{number:05}", count, 0, Known())
        for number, count in enumerate(sorted(votes, reverse=True))
    ]


def days(count):
    return [FIRST + timedelta(days=number) for number in range(count)]


def snapshot(day, hours, **votes):
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Snapshot(midnight + timedelta(hours=hours), votes)


def mean(trial, contestant, measure="NDCG@5"):
    return trial.interval(contestant, measure).mean


def test_the_order_of_a_file_gives_nothing_away():
    lists = {day: a_list(day, *range(0, 100, 5)) for day in days(20)}
    trial = cold.trial(lists, since=FIRST)
    assert mean(trial, OURS) == pytest.approx(mean(trial, VOTES))
    assert mean(trial, VOTES) < 0.8


def test_a_list_is_guessed_before_it_is_learned_from():
    """Everybody has one paper, so nobody's earlier paper says anything."""
    lists = {}
    for number, day in enumerate(days(8)):
        entries = a_list(day, *range(0, 100, 5))
        lists[day] = [
            Entry(day, e.arxiv_id, e.votes, 0, Known(submitter=f"{number} {e.arxiv_id}"))
            for e in entries
        ]
    trial = cold.trial(lists, since=FIRST)
    assert mean(trial, OURS) == pytest.approx(mean(trial, VOTES))


def test_who_always_did_well_is_foretold():
    def listed(day):
        return [
            Entry(day, e.arxiv_id, e.votes, 0, Known(submitter=e.arxiv_id))
            for e in a_list(day, *range(0, 100, 5))
        ]

    trial = cold.trial({day: listed(day) for day in days(20)})
    assert len(trial.results[OURS]["NDCG@5"]) == 5  # the newest quarter
    assert mean(trial, OURS) > 0.99
    assert "beats raw votes in NDCG@5" in trial.verdict()


def test_short_lists_teach_and_are_not_tested():
    trial = cold.trial({day: a_list(day, 1, 2, 3, 4) for day in days(9)}, since=FIRST)
    assert "nothing to measure" in "\n".join(trial.lines())


EARLY = {"a": 10, "b": 6, "c": 4, "d": 2, "e": 1}


def test_a_list_in_order_of_its_early_votes_is_as_good_as_raw_votes():
    later = {"a": 15, "b": 20, "c": 5, "d": 3, "e": 1}
    seen = {day: [snapshot(day, 17, **EARLY), snapshot(day, 30, **later)] for day in days(6)}
    trial = early.daily(seen, growth=Growth())
    assert trial.results[OURS] == trial.results[VOTES] == trial.results[HACKER_NEWS]
    assert trial.verdict() == "ours equals raw votes"
    assert RANDOM in trial.results


@pytest.mark.parametrize("hours", [(17, 20), (4, 20), (25, 28)])
def test_snapshots_that_are_close_or_young_are_not_used(hours):
    day = FIRST
    seen = {day: [snapshot(day, hour, **EARLY) for hour in hours]}
    assert not early.daily(seen, growth=Growth()).results


def test_newcomers_are_tried_by_themselves():
    later = {**EARLY, "late": 9}
    last = {**later, "late": 30}
    day = FIRST
    seen = {
        day: [snapshot(day, 17, **EARLY), snapshot(day, 27, **later), snapshot(day, 99, **last)]
    }
    trial = early.late(seen, growth=Growth())
    assert trial.papers == 6
    assert mean(trial, OURS) > mean(trial, VOTES)
    assert "fewer than 5 lists" in trial.verdict()


def test_a_young_list_among_older_ones_is_corrected():
    later = {name: round(count / 0.7) for name, count in EARLY.items()}
    seen = {day: [snapshot(day, 17, **EARLY), snapshot(day, 168, **later)] for day in days(6)}
    trial = early.weekly(seen, growth=Growth())
    assert mean(trial, OURS, "Spearman") > mean(trial, VOTES, "Spearman")
    assert mean(trial, HACKER_NEWS) < mean(trial, VOTES)


def test_a_newcomer_of_an_older_list_is_not_lifted_over_the_votes_that_it_has():
    old, young = FIRST, FIRST + timedelta(days=9)
    others = {"f": 100, "g": 60, "h": 40, "i": 20, "j": 14}
    seen = {
        old: [snapshot(old, 26, **EARLY), snapshot(old, 33, **EARLY, late=8)],
        young: [snapshot(young, 26, **others), snapshot(young, 33, **others)],
    }
    trial = early.weekly(seen, growth=Growth())
    assert trial.results[OURS]["Spearman"] == [pytest.approx(1)] * 2


def test_a_single_list_is_not_compared_with_others():
    seen = {FIRST: [snapshot(FIRST, 17, **EARLY), snapshot(FIRST, 30, **EARLY)]}
    assert not early.weekly(seen, growth=Growth()).results


def test_losing_is_said():
    trial = Trial("A trial", "to lose")
    for _ in range(6):
        trial.add({OURS: [1, 2, 3], VOTES: [3, 2, 1]}, [30, 20, 10])
    assert trial.verdict().startswith("ours loses to raw votes in Spearman")
    assert "6 lists, 18 papers" in "\n".join(trial.lines())


def test_hacker_news_by_hand():
    assert hacker_news(10, hours=2) == pytest.approx(9 / 4**1.8)
