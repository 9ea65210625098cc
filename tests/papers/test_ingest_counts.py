"""The attention that papers got: every count is kept, and the newest is shown."""

from __future__ import annotations

from datetime import date

import pytest

from papers.models import Observation, Paper
from tests.papers.ingest_steps import (
    DAY,
    outcome,
    record,
    store,
    votes,
)

pytestmark = pytest.mark.django_db


def test_every_count_is_kept_and_the_newest_is_shown():
    store(record(counts=(*votes(4, hour=8), *votes(9, hour=10))))
    paper = Paper.objects.get()
    assert (paper.votes, paper.comments, paper.stars) == (9, 2, 3)
    assert [(seen.votes, seen.listed_on) for seen in paper.observations.all()] == [
        (4, DAY), (9, DAY),
    ]  # fmt: skip


def test_an_older_count_of_another_source_does_not_replace_the_newest():
    store(record(counts=votes(9, hour=10)))
    store(record(counts=votes(4, hour=8)), source="page")
    paper = Paper.objects.get()
    assert (paper.votes, paper.observations.count()) == (9, 2)


def test_an_observation_is_never_changed():
    store(record(counts=votes(4)))
    assert outcome(store(record(counts=votes(5)))) == (0, 0, 1)
    assert (Paper.objects.get().votes, Observation.objects.get().votes) == (4, 4)


def test_a_count_without_a_list_date_belongs_to_the_day_it_was_seen():
    store(record(listed_on=None, counts=votes(4)))
    assert Observation.objects.get().listed_on == date(2026, 3, 16)
    assert Paper.objects.get().listed_on is None
