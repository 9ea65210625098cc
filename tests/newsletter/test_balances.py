"""How issues stand is counted in the background, and never more often than it may change."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from newsletter import balances
from newsletter.models import Balance, Event
from subscriptions.bounces import Kind
from subscriptions.clock import database_now
from tests.newsletter.rows import an_issue, deliveries

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86_400))


@pytest.mark.parametrize(
    ("opened", "counted", "expected"),
    [
        (HOUR, None, True),
        (400 * DAY, None, True),  # of before an upgrade
        (HOUR, 59 * SECOND, False),
        (HOUR, MINUTE, True),
        (4 * DAY, 59 * MINUTE, False),
        (4 * DAY, HOUR, True),
        (31 * DAY, 23 * HOUR, False),
        (31 * DAY, DAY, True),
        (91 * DAY, 30 * DAY, False),
    ],
)
def test_sums_are_counted_as_often_as_they_may_change(opened, counted, expected):
    assert balances.is_outdated(opened=opened, counted=counted) is expected


@pytest.fixture
def issue(db):
    made = an_issue()
    deliveries(made, pending=2, accepted=3, skipped=2)
    made.expected_count = 7
    made.save()
    return made


def test_the_sums_of_an_issue_balance(issue):
    at = database_now()
    issue.deliveries.filter(state="skipped").update(error="has left")
    found = balances.count(issue, at=at)
    assert found.states == {"pending": 2, "accepted": 3, "skipped": 2}
    assert found.skipped == {"has left": 2}
    assert (found.expected, found.total, found.difference) == (7, 7, 0)


def test_a_delivery_that_is_missing_shows(issue):
    issue.deliveries.filter(state="pending").first().delete()
    assert balances.count(issue, at=database_now()).difference == 1


def test_who_bounces_twice_counts_once(issue):
    entry = issue.deliveries.first().public_id
    for kind in (Kind.HARD, Kind.HARD, Kind.COMPLAINED):
        Event.objects.create(
            key=uuid.uuid4(), provider="postmark", kind=kind, entry=entry, issue=issue,
            is_ours=True, at=database_now(),
        )  # fmt: skip
    assert balances.count(issue, at=database_now()).told == {"hard": 1, "complained": 1}


def test_an_issue_without_deliveries_counts_none(db):
    found = balances.count(an_issue(), at=database_now())
    assert (found.expected, found.states, found.difference) == (0, {}, 0)


def test_only_what_is_outdated_is_counted_again(issue, django_assert_num_queries):
    at = issue.opened_at + HOUR
    assert balances.renew(at=at) == 1
    with django_assert_num_queries(1):
        assert balances.renew(at=at) == 0
    assert balances.renew(at=at + MINUTE) == 1
    assert Balance.objects.get().counted_at == at + MINUTE
