"""What opening costs, and that several workers may do it at once."""

from __future__ import annotations

import time
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connection

from newsletter import issues, opening
from newsletter.models import Delivery, Issue
from subscriptions.models import Subscriber
from tests.newsletter.issue_steps import SEVEN


@pytest.mark.parametrize(("readers", "papers"), [(2, 2), (40, 2), (2, 40)])
def test_queries_do_not_grow_with_readers_or_papers(
    make_due, make_paper, django_assert_max_num_queries, readers, papers
):
    for _ in range(papers):
        make_paper(topics=["agents"])
    for _ in range(readers):
        make_due()
    with django_assert_max_num_queries(31):
        assert issues.open_due(at=SEVEN) == readers


@pytest.fixture
def slow_matching(monkeypatch):
    """Give others time to come in between looking and writing."""
    pick_all = opening.pick_all

    def slowly(readers, pool, **options):
        time.sleep(0.2)
        return pick_all(readers, pool, **options)

    monkeypatch.setattr(opening, "pick_all", slowly)


def in_threads(works) -> list[object]:
    """Do all of this at once, each with a connection of its own; return the results."""
    results: list[object] = []
    start = Barrier(len(works))

    def run(work) -> None:
        start.wait()
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_open", [False, True], ids=["first readers", "further readers"])
def test_workers_that_open_at_once_write_every_delivery_once(
    make_due, make_paper, make_issue, slow_matching, is_open
):
    make_paper(topics=["agents"])
    for cadence in ["daily", "weekly"] if is_open else []:
        make_issue(cadence=cadence)
    for number in range(24):
        make_due(cadence="weekly" if number % 3 else "daily", weekday=1)
    written = in_threads([partial(issues.open_due, at=SEVEN)] * 4)

    assert (len(written), sum(written)) == (4, 24)
    assert Delivery.objects.count() == 24
    assert {issue.expected_count: issue.imbalance() for issue in Issue.objects.all()} == {
        8: 0,
        16: 0,
    }


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_presses_the_button_while_the_issue_opens_gets_one(
    make_due, make_paper, slow_matching
):
    make_paper(topics=["agents"])
    reader = make_due()
    works = [partial(issues.open_due, at=SEVEN), partial(issues.open_today, reader, at=SEVEN)]
    assert len(in_threads(works * 2)) == 4
    assert Delivery.objects.count() == 1
    assert Issue.objects.get().imbalance() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_alone", [True, False], ids=["a reader", "readers"])
def test_who_is_erased_while_he_is_written_to_leaves_no_orphan(
    make_due, make_paper, slow_matching, is_alone
):
    make_paper(topics=["agents"])
    reader = make_due()

    def erase() -> None:
        time.sleep(0.1)
        (reader if is_alone else Subscriber.objects.filter(pk=reader.pk)).delete()

    in_threads([partial(issues.open_due, at=SEVEN), erase])
    assert not Subscriber.objects.exists()
    assert [delivery.subscriber_id for delivery in Delivery.objects.all()] == [None]


def test_an_issue_that_is_gone_expects_no_deliveries(make_issue):
    issue = make_issue()
    Issue.objects.all().delete()
    with pytest.raises(Issue.DoesNotExist):
        opening.count(issue, 1)
