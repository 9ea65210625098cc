"""Which papers a reader was sent: two bytes each."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
from django.apps import apps
from django.db import connection

from newsletter import history
from newsletter.history import BLOCK
from newsletter.matching.pool import Candidate, Pool
from newsletter.models import Delivery, Sent
from newsletter.picks import Pick, pack
from papers.models import Paper
from subscriptions.verdicts import State
from tests.conftest import MOMENT
from tests.newsletter.issue_steps import DAY, TUESDAY

NOBODY = np.empty(0, np.int64)


def numbers(*values) -> np.ndarray:
    return np.array(values, np.int64)


def rows() -> dict:
    """Reader and block -> papers, as they are stored."""
    return {
        (row.subscriber_id, row.block): np.frombuffer(bytes(row.papers), "<u2").tolist()
        for row in Sent.objects.all()
    }


def loaded(readers, papers, *, on_the_way=NOBODY):
    """Which of the papers which of the readers had, as ids."""
    ids = numbers(*sorted(reader.pk for reader in readers))
    pool = Pool.of([Candidate(paper, 0.5, {}) for paper in papers])
    pairs, _risen = history.load(ids, pool, on_the_way=on_the_way)
    return {
        (ids[reader], papers[paper])
        for reader, paper in zip(pairs.reader.tolist(), pairs.value.tolist(), strict=True)
    }


@pytest.fixture
def picked(make_delivery):
    """A delivery with papers that need not exist."""

    def make(papers, **fields) -> Delivery:
        delivery = make_delivery(0, **fields)
        delivery.packed_picks = pack(Pick(paper, 0.5) for paper in papers)
        delivery.save()
        return delivery

    return make


def test_papers_are_kept_by_block_in_the_order_of_sending(picked, make_subscriber):
    reader = make_subscriber()
    first = picked([3 * BLOCK, 7, 3 * BLOCK + 4095], reader=reader)
    second = picked([1, 256], reader=reader, on=TUESDAY + DAY)
    history.record([first.pk])
    history.record([second.pk])
    assert rows() == {(reader.pk, 3): [0, 4095], (reader.pk, 0): [7, 1, 256]}


def test_many_deliveries_are_recorded_at_once(picked):
    deliveries = [picked([number, BLOCK + number]) for number in range(1, 6)]
    history.record([delivery.pk for delivery in deliveries])
    assert len(rows()) == 10
    assert rows()[deliveries[2].subscriber_id, 1] == [3]


def test_an_empty_delivery_and_one_of_an_erased_reader_leave_nothing(picked):
    gone = picked([5])
    gone.subscriber.delete()
    history.record([picked([]).pk, gone.pk])
    history.record([])
    assert rows() == {}


def test_a_reader_who_is_erased_meanwhile_does_not_stop_the_others(make_subscriber):
    reader = make_subscriber()
    history.append(numbers(reader.pk, reader.pk + 1), numbers(5, 5))
    assert rows() == {(reader.pk, 0): [5]}


def test_erasing_a_reader_removes_his_history(picked):
    delivery = picked([5])
    history.record([delivery.pk])
    delivery.subscriber.delete()
    assert rows() == {}


def test_only_candidates_are_loaded_each_for_his_own(make_subscriber):
    one, other = make_subscriber(), make_subscriber()
    had = numbers(256, BLOCK + 1, 300, 9)
    history.append(numbers(one.pk, one.pk, other.pk, other.pk), had)
    assert loaded([one, other], [9, BLOCK + 1, 256, 8]) == {
        (one.pk, 256),
        (one.pk, BLOCK + 1),
        (other.pk, 9),
    }
    assert loaded([other], [256, BLOCK + 1]) == set()


def test_without_candidates_or_readers_nothing_is_loaded(make_subscriber):
    history.append(numbers(make_subscriber().pk), numbers(5))
    assert loaded([make_subscriber()], []) == loaded([], [5]) == set()


@pytest.mark.parametrize("state", State)
def test_what_is_on_the_way_counts(picked, make_issue, state):
    delivery = picked([5, 6], state=state)
    issues = numbers(*Delivery.objects.issues_on_the_way(but=None))
    had = loaded([delivery.subscriber], [4, 5], on_the_way=issues)
    assert bool(had) == (state in history.ON_THE_WAY)
    assert had <= {(delivery.subscriber_id, 5)}
    assert Delivery.objects.issues_on_the_way(but=delivery.issue_id) == []


def test_what_all_came_over_a_year_ago_is_forgotten(make_subscriber, make_paper):
    reader, old = make_subscriber(), MOMENT - timedelta(days=400)
    make_paper(pk=BLOCK - 1, first_seen_at=old)
    make_paper(pk=BLOCK + 1, first_seen_at=old)
    make_paper(pk=2 * BLOCK - 1, first_seen_at=MOMENT)
    make_paper(pk=2 * BLOCK, first_seen_at=old)  # more may come into this block
    history.append(numbers(*[reader.pk] * 3), numbers(BLOCK - 1, BLOCK + 1, 2 * BLOCK))

    assert Sent.objects.forget(before=MOMENT - timedelta(days=365)) == 1
    assert set(rows()) == {(reader.pk, 1), (reader.pk, 2)}
    Paper.objects.all().delete()
    assert Sent.objects.forget(before=MOMENT) == 0


def test_what_was_accepted_before_there_was_a_history_is_filled_in(picked, monkeypatch):
    migration = import_module("newsletter.migrations.0006_sent_history")
    monkeypatch.setattr(migration, "READERS_AT_ONCE", 2)
    first = picked([BLOCK, 7], state=State.ACCEPTED)
    picked([9, 8], reader=first.subscriber, on=TUESDAY + DAY, state=State.ACCEPTED)
    others = [picked([5], state=State.ACCEPTED) for _ in range(3)]
    picked([6], state=State.PENDING)
    migration.fill(apps, SimpleNamespace(connection=connection))
    assert rows() == {
        (first.subscriber_id, 0): [7, 9, 8],
        (first.subscriber_id, 1): [0],
        **{(other.subscriber_id, 0): [5] for other in others},
    }


@pytest.mark.parametrize("rises", [1, 15])
def test_a_paper_that_rose_since_may_come_once_more(picked, rises):
    """By what is on the way and by what is stored; and the second time is remembered, too."""

    def barred_and_risen(delivery, **fields):
        pool = Pool.of([Candidate(5, 0.9, {}, rises=rises, **fields)])
        issues = numbers(*Delivery.objects.issues_on_the_way(but=None))
        return [
            pairs.value.tolist()
            for pairs in history.load(numbers(delivery.subscriber_id), pool, on_the_way=issues)
        ]

    first = picked([5], state=State.ATTEMPTING)
    for _time in range(2):
        assert barred_and_risen(first, may_return=True) == [[], [0]]
        assert barred_and_risen(first, may_return=False) == [[0], []]
        Delivery.objects.update(state=State.ACCEPTED)
        history.record([first.pk])

    again = picked([], reader=first.subscriber, state=State.ATTEMPTING, on=TUESDAY + DAY)
    again.packed_picks = pack([Pick(5, 0.5, rises=rises, is_again=True)])
    again.save()
    for _time in range(2):
        barred, _risen = barred_and_risen(first, may_return=True)
        assert barred == [0]
        Delivery.objects.update(state=State.ACCEPTED)
        history.record([again.pk])
    assert history.offsets(Sent.objects.get().papers).tolist() == [5, 5, 5, 5]
