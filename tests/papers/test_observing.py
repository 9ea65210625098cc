from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from papers.observing import Curve
from papers.sources import Counts

START = datetime(2026, 3, 16, 8, tzinfo=UTC)


def at(hour, votes=1, **counts):
    return Counts(START + timedelta(hours=hour), votes=votes, **counts)


def kept(*points):
    curve = Curve()
    return [point for point in points if curve.add(point)]


def test_each_change_is_kept_when_it_was_first_seen():
    points = [at(0, 1), at(1, 1), at(2, 4), at(3, 4), at(4, 4), at(5, 3)]
    assert kept(*points) == [points[0], points[2], points[5]]


def test_a_change_of_comments_or_stars_is_one_as_well():
    points = [at(0), at(1, comments=1), at(2, comments=1, stars=1)]
    assert kept(*points) == points


def test_what_is_there_already_is_not_added_whatever_it_says():
    assert kept(at(0, 1), at(0, 9)) == [at(0, 1)]


def test_a_point_that_comes_late_is_compared_with_the_one_before_it():
    first, newest, late, same = at(0, 1), at(9, 5), at(4, 3), at(2, 1)
    assert kept(first, newest, late, same) == [first, newest, late]


moments = st.lists(
    st.builds(at, st.integers(0, 20), st.integers(0, 3)), unique_by=lambda point: point.seen_at
).map(lambda points: sorted(points, key=lambda point: point.seen_at))


@given(moments)
def test_between_two_looks_nothing_is_lost(points):
    """The votes at each look can be told from what was kept."""
    curve = kept(*points)
    for point in points:
        before = [kept for kept in curve if kept.seen_at <= point.seen_at]
        assert before[-1].votes == point.votes


@given(moments)
def test_the_same_looks_again_add_nothing(points):
    curve = Curve()
    for point in points:
        curve.add(point)
    assert not any(curve.add(point) for point in points)
