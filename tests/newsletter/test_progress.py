from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter import progress
from newsletter.models import Issue
from newsletter.progress import Snapshot
from tests.conftest import MOMENT
from tests.newsletter.rows import an_issue, deliveries

SECOND = timedelta(seconds=1)


def seen(after: float = 0, **counts: int) -> Snapshot:
    return Snapshot(MOMENT + after * SECOND, counts)


def test_what_can_still_move_is_left_and_the_rest_is_done():
    look = seen(pending=1, claimed=2, attempting=3, deferred=4, uncertain=5, accepted=60, parked=25)
    assert (look.total, look.left, look.done, look.share) == (100, 15, 85, 0.85)


def test_an_issue_without_deliveries_is_done():
    assert (seen().total, seen().left, seen().share) == (0, 0, 1.0)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (seen(pending=100), seen(2, pending=60, accepted=40), 20),
        (seen(pending=100), seen(2, pending=100), 0),
        (seen(accepted=10), seen(2, accepted=5), 0),  # some are sent again
        (seen(pending=100), seen(0, accepted=100), 0),  # no time between them
    ],
)
def test_the_rate_is_what_was_finished_by_the_time(before, after, expected):
    assert progress.rate(before, after) == expected


@pytest.mark.parametrize(
    ("left", "per_second", "expected"),
    [(0, 0.0, 0 * SECOND), (600, 20.0, 30 * SECOND), (1, 0.0, None), (10, 3.0, 3 * SECOND)],
)
def test_the_time_left_follows_from_the_rate(left, per_second, expected):
    assert progress.time_left(left, per_second=per_second) == expected


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (None, seen(pending=3), "0 of 3 (0 %); 3 pending"),
        (seen(pending=3), seen(1, pending=3), "0 of 3 (0 %), nothing moves; 3 pending"),
        (
            seen(pending=5000),
            seen(4, pending=3600, accepted=1400),
            "1,400 of 5,000 (28 %), 350 a second, 0:00:10 left; 3,600 pending, 1,400 accepted",
        ),
        (
            seen(pending=10),
            seen(4, pending=8, failed=2),
            "2 of 10 (20 %), 0.5 a second, 0:00:16 left; 8 pending, 2 failed",
        ),
        (seen(), seen(1, accepted=2), "2 of 2 (100 %); 2 accepted"),
        (None, seen(accepted=999, pending=1), "999 of 1,000 (99 %); 1 pending, 999 accepted"),
        (None, seen(), "0 of 0 (100 %); no deliveries"),
    ],
)
def test_progress_is_said_in_a_line(before, after, line):
    assert progress.line(before, after) == line


@pytest.mark.parametrize(
    ("state", "counts", "going_on"),
    [
        ("open", {"pending": 1}, True),
        ("open", {"accepted": 1}, False),
        ("paused", {"pending": 1}, False),
        ("paused", {"pending": 1, "attempting": 1}, True),
        ("cancelled", {"claimed": 1}, True),
    ],
)
def test_a_paused_issue_only_finishes_what_is_in_hand(state, counts, going_on):
    assert progress.is_going_on(Issue(state=state), seen(**counts)) is going_on


def test_a_snapshot_counts_the_deliveries_of_one_issue(db):
    issue, other = an_issue(), an_issue(cadence="weekly")
    deliveries(issue, pending=2, accepted=1)
    deliveries(other, failed=3)
    assert progress.take(issue).counts == {"pending": 2, "accepted": 1}
