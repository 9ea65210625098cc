from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.timezone import now

from papers import growing, sightings
from papers.growth import START, Growth
from papers.models import GrowthPoint

MONDAY = date(2026, 3, 16)
MIDNIGHT = datetime(2026, 3, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


def look(paper, votes, *, source="huggingface"):
    """Note {hour of the list: votes}."""
    for hour, count in votes.items():
        paper.observations.create(
            source=source,
            seen_at=MIDNIGHT + hour * HOUR,
            listed_on=paper.listed_on if hour >= 0 else MONDAY - timedelta(days=6),
            votes=count,
        )


def test_only_looks_that_showed_more_votes_are_loaded_with_the_look_before(make_paper):
    paper = make_paper()
    look(paper, {8: 5, 9: 5, 10: 5, 11: 7})
    history = sightings.load([MONDAY])[paper.pk]
    assert [(rise.votes, rise.since, rise.until) for rise in history.rises] == [
        (5, None, MIDNIGHT + 8 * HOUR),
        (7, MIDNIGHT + 10 * HOUR, MIDNIGHT + 11 * HOUR),
    ]


def test_a_paper_without_votes_was_seen_all_the_same(make_paper):
    paper = make_paper()
    look(paper, {8: 0, 9: 3})
    [none, some] = sightings.load([MONDAY])[paper.pk].rises
    assert (none.votes, some.votes, some.since) == (0, 3, MIDNIGHT + 8 * HOUR)


def test_a_paper_that_joined_later_is_younger_than_its_list(make_paper):
    early, late = make_paper(), make_paper()
    look(early, {8: 1, 17: 1})
    look(late, {15: 1, 17: 1})
    found = sightings.load([MONDAY])
    assert (found[early.pk].age, found[late.pk].age) == (17 * HOUR, 2 * HOUR)


def test_looks_at_an_earlier_list_are_carried(make_paper):
    paper = make_paper()
    look(paper, {-140: 2, 8: 10})
    assert sightings.load([MONDAY])[paper.pk].carried == 2


def test_a_paper_that_nobody_counted_has_no_history(make_paper):
    make_paper(votes=5)
    assert sightings.load([MONDAY]) == {}


def test_growth_is_what_was_learned_and_at_first_the_start():
    assert sightings.growth() == Growth()
    GrowthPoint.objects.create(hours=8, share=0.3, lists=9, learned_at=now())
    GrowthPoint.objects.create(hours=168, share=1, lists=9, learned_at=now())
    assert sightings.growth().shares == {8: 0.3, 168: 1}


def test_growth_is_learned_from_lists_that_settled(make_paper):
    looks = {8: 40, 17: 50, 27: 80, 72: 90, 168: 100, 180: 100}
    look(make_paper(), looks)
    unsettled = make_paper(listed_on=date(2026, 3, 23))
    look(unsettled, {168: 1, 176: 500})
    learned = growing.learn_growth(at=MIDNIGHT + timedelta(days=10))
    assert learned.shares[17] == pytest.approx((0.5 + 10 * 0.7) / 11)
    points = list(GrowthPoint.objects.values_list("hours", "lists"))
    assert points == [(8, 1), (17, 1), (27, 1), (72, 1), (168, 1)]
    assert sightings.growth() == learned


def test_learning_again_replaces_what_was_learned():
    for _ in range(2):
        growing.learn_growth(at=MIDNIGHT)
    assert GrowthPoint.objects.count() == len(START)


def test_a_list_that_was_not_watched_to_its_end_teaches_nothing(make_paper):
    look(make_paper(), {8: 40, 17: 50, 27: 60, 30: 60})
    growing.learn_growth(at=MIDNIGHT + timedelta(days=10))
    assert set(GrowthPoint.objects.values_list("lists", flat=True)) == {0}


def test_a_list_that_was_read_once_from_a_file_teaches_nothing(make_paper):
    look(make_paper(), {24: 500})
    growing.learn_growth(at=MIDNIGHT + timedelta(days=10))
    assert set(GrowthPoint.objects.values_list("lists", flat=True)) == {0}
