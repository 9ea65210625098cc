"""Which counts are worth a row?  Pure: no database, no clock."""

from __future__ import annotations

from bisect import bisect_right

from papers.sources import Counts


class Curve:
    """How the counts of one paper on one list grew, as one source saw it.

    Between two points nothing changed, as far as anybody looked, so a point that only says
    so again is left out.  Nothing is lost: the curve is a step function, each change is in it
    at the moment it was first seen, and when the source was asked is kept elsewhere.
    """

    def __init__(self) -> None:
        self._points: list[Counts] = []  # in order of time

    def add(self, counts: Counts) -> bool:
        """Add a point; False if it says what the one before it says, or is there already.

        The same points in order of time, once more, never add one.  A point that comes late is
        compared with the one before it in time.
        """
        place = bisect_right(self._points, counts.seen_at, key=lambda point: point.seen_at)
        if place and _same(self._points[place - 1], counts):
            return False
        self._points.insert(place, counts)
        return True


def _same(before: Counts, counts: Counts) -> bool:
    is_equal = (before.votes, before.comments, before.stars) == (
        counts.votes, counts.comments, counts.stars,
    )  # fmt: skip
    return is_equal or before.seen_at == counts.seen_at
