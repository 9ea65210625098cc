"""Readers who paused: skipped meanwhile, and told afterwards what they missed."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter import candidates, issues
from newsletter.models import Delivery
from subscriptions import optin
from tests.newsletter.issue_steps import DAY, HOUR, SEVEN, TUESDAY, titles

EIGHT = SEVEN + HOUR


def paused(reader, *, days, catches_up=True):
    optin.pause(reader, until=TUESDAY + days * DAY, catches_up=catches_up, at=SEVEN)
    return reader


def digests(reader):
    """What the reader got: cadence of the issue, date, titles."""
    found = Delivery.objects.filter(subscriber=reader).select_related("issue").order_by("pk")
    return [(one.issue.cadence, one.issue.on, titles(one)) for one in found]


def opened(*, days):
    """Open what is due on each morning of so many days."""
    for day in range(days):
        issues.open_due(at=EIGHT + day * DAY)


def test_nothing_comes_before_the_end_of_a_pause(make_due, make_paper):
    make_paper("Fresh", topics=["agents"], listed_on=TUESDAY + 4 * DAY)
    reader = paused(make_due(), days=5, catches_up=False)
    opened(days=5)
    assert digests(reader) == []
    opened(days=7)
    assert digests(reader)[0] == ("daily", TUESDAY + 5 * DAY, ["Fresh"])


@pytest.mark.parametrize("catches_up", [True, False])
def test_what_was_missed_comes_once_with_the_first_digest_if_wished(
    make_due, make_paper, catches_up
):
    for day in range(6):
        listed = TUESDAY + day * DAY
        make_paper(f"Of day {day}", topics=["agents"], listed_on=listed, first_seen_at=SEVEN)
    reader = paused(make_due(length=30), days=6, catches_up=catches_up)
    opened(days=8)

    first, second = digests(reader)
    kind, missed = ("weekly", 6) if catches_up else ("daily", 3)
    assert (first[0], first[1], len(first[2])) == (kind, TUESDAY + 6 * DAY, missed)
    assert second[:2] == ("daily", TUESDAY + 7 * DAY)
    assert not set(first[2]) & set(second[2])
    reader.refresh_from_db()
    assert not reader.catches_up


def test_what_was_sent_before_a_pause_is_not_made_up_for(make_due, make_paper):
    make_paper("Sent before", topics=["agents"], listed_on=TUESDAY)
    reader = make_due()
    issues.open_due(at=EIGHT)
    make_paper("Missed", topics=["agents"], listed_on=TUESDAY + 2 * DAY)
    optin.pause(reader, until=TUESDAY + 6 * DAY, catches_up=True, at=EIGHT)
    opened(days=7)
    assert [found[2] for found in digests(reader)] == [["Sent before"], ["Missed"]]


def test_resuming_early_makes_up_for_the_days_that_were_missed(make_due, make_paper):
    make_paper("Missed", topics=["agents"], listed_on=TUESDAY)
    reader = paused(make_due(), days=60)
    optin.resume(reader, at=EIGHT + 5 * DAY)
    opened(days=7)
    assert digests(reader) == [("weekly", TUESDAY + 6 * DAY, ["Missed"])]


def test_others_of_the_same_hour_get_their_own_issue(make_due, make_paper):
    make_paper("Old", topics=["agents"], listed_on=TUESDAY)
    returning, usual = paused(make_due(), days=6), make_due(next_digest_at=SEVEN + 6 * DAY)
    issues.open_due(at=EIGHT + 6 * DAY)
    assert [found[0] for found in digests(returning) + digests(usual)] == ["weekly", "daily"]


def test_readers_who_paused_cost_an_issue_no_query_each(make_due, make_paper):
    make_paper(topics=["agents"])

    def queries(count):
        for _ in range(count):
            paused(make_due(), days=6)
        with CaptureQueriesContext(
            connection,
        ) as found:
            issues.open_due(at=EIGHT + 6 * DAY)
        Delivery.objects.all().delete()
        return len(found)

    queries(1)  # makes the issue
    assert queries(2) == queries(20)


@pytest.mark.parametrize(
    ("cadence", "missed", "kind"),
    [
        ("daily", 0, "daily"),
        ("daily", 3, "daily"),
        ("weekdays", 4, "weekly"),
        ("daily", 7, "weekly"),
        ("daily", 8, "monthly"),
        ("daily", 366, "monthly"),
        ("weekly", 7, "weekly"),
        ("weekly", 9, "monthly"),
        ("monthly", 90, "monthly"),
    ],
)
def test_the_shortest_issue_that_goes_back_far_enough_makes_up_for_a_pause(cadence, missed, kind):
    assert candidates.kind(cadence, missed=missed) == kind
