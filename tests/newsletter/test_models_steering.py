"""An issue can be paused, resumed and cancelled, exactly, whoever else works on it."""

from __future__ import annotations

from functools import partial

import pytest

from newsletter.models import Delivery, Issue
from subscriptions.verdicts import State
from tests.newsletter.rows import a_delivery, an_issue, deliveries
from tests.newsletter.test_issues_workers import in_threads

STATES = Issue.State
pytestmark = pytest.mark.django_db
AFTER = {  # verb -> state before -> state after
    "pause": {STATES.CHECKING: STATES.PAUSED, STATES.OPEN: STATES.PAUSED},
    "check_again": {STATES.PAUSED: STATES.CHECKING},
    "resume": {STATES.PAUSED: STATES.OPEN},
    "cancel": dict.fromkeys((STATES.CHECKING, STATES.OPEN, STATES.PAUSED), STATES.CANCELLED),
}


def act(issue, verb) -> bool:
    return issue.pause("too many bounces") if verb == "pause" else getattr(issue, verb)()


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("verb", AFTER)
def test_a_verb_moves_an_issue_from_the_states_that_it_is_for_and_no_others(verb, before):
    issue = an_issue(state=before, reason="as before")
    after = AFTER[verb].get(before)
    assert act(issue, verb) is (after is not None)
    stored = Issue.objects.get()
    assert (stored.state, stored.reason) == (issue.state, issue.reason)
    assert stored.state == (after or before)
    expected = {"pause": "too many bounces"}.get(verb, "") if after else "as before"
    assert stored.reason == expected


def test_a_stale_copy_cannot_undo_what_another_decided():
    issue = an_issue()
    stale = Issue.objects.get()
    issue.cancel()
    assert not stale.pause("late")
    assert stale.state == Issue.objects.get().state == STATES.CANCELLED


def test_nothing_of_a_paused_issue_is_sendable_until_it_is_resumed():
    issue = an_issue()
    a_delivery(issue)
    assert Delivery.objects.sendable().count() == 1
    issue.pause("for a look")
    assert Delivery.objects.sendable().count() == 0
    issue.resume()
    assert Delivery.objects.sendable().count() == 1


def test_cancelling_skips_what_waits_and_leaves_what_is_in_hand_or_done():
    issue, other = an_issue(), an_issue(cadence="weekly")
    for state in State:
        a_delivery(issue, state)
    deliveries(other, pending=2)
    issue.cancel()
    left = [State.PENDING, State.DEFERRED]
    assert issue.deliveries.all().counts() == {
        **{state: 1 for state in State if state not in left},
        State.SKIPPED: 3,
    }
    assert other.deliveries.all().counts() == {"pending": 2}
    assert Issue.objects.get(pk=issue.pk).imbalance() == 0
    [first, second] = issue.deliveries.filter(error="the issue was cancelled")
    assert first.finished_at
    assert second.finished_at


def test_what_comes_back_or_is_added_after_the_cancellation_is_skipped_by_the_sweep():
    issue = an_issue()
    claimed = a_delivery(issue, State.CLAIMED)
    issue.cancel()
    Delivery.objects.filter(pk=claimed.pk).update(state=State.PENDING)
    a_delivery(issue, State.PENDING)  # a reader further west
    assert Delivery.objects.all().skip_cancelled() == 2
    assert Delivery.objects.all().skip_cancelled() == 0
    assert issue.deliveries.all().counts() == {"skipped": 2}


@pytest.mark.django_db(transaction=True)
def test_of_many_operators_at_once_one_moves_the_issue():
    issue = an_issue()
    deliveries(issue, pending=20)
    works = [partial(Issue.objects.get(pk=issue.pk).cancel, "enough") for _ in range(4)]
    assert sorted(in_threads(works)) == [False, False, False, True]
    assert issue.deliveries.all().counts() == {"skipped": 20}


@pytest.mark.parametrize(
    ("slug", "found"),
    [
        *(("daily-20260317", True), ("weekly-20260317", False), ("daily-20260318", False)),
        *(("daily", False), ("daily-2026-03-17", False), ("daily-20269999", False), ("", False)),
        *(("daily-2026W123", False), ("-20260317", False), ("daily-٢٠٢٦٠٣١٧", False)),
    ],
)
def test_an_issue_is_found_by_its_slug(slug, found):
    issue = an_issue()
    assert list(Issue.objects.by_slug(slug)) == ([issue] if found else [])
    assert Issue.objects.by_slug(issue.slug).get() == issue
