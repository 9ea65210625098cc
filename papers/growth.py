"""Which share of its votes has a paper by which age?  Pure functions: no database, no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from statistics import median

# Hours since a paper was listed -> share of the votes that it has after a week.  Those of 17 and
# 27 hours were seen on six days; the others are guesses that a site's own lists replace.
START: Mapping[int, float] = {8: 0.55, 17: 0.70, 27: 0.90, 72: 0.97, 168: 1.0}
WEEK = timedelta(hours=168)
SETTLED = timedelta(hours=160)  # age at which a list has the votes that it will have
PATIENCE = 10  # lists that must speak before what they say weighs as much as the start
FEWEST_VOTES = 20  # of a list that can say anything


@dataclass(frozen=True, slots=True)
class Growth:
    """Shares by age in hours: ascending, 0 < share <= 1, and 1 at the last age."""

    shares: Mapping[int, float] = field(default_factory=lambda: START)

    def share(self, age: timedelta) -> float:
        """Return the share of its votes that a paper of this age has, in a straight line between.

        Younger than the first age counts as that age: a handful of votes in the first hour says
        little, and must not be blown up.
        """
        hours = age / timedelta(hours=1)
        points = sorted(self.shares.items())
        if hours <= points[0][0]:
            return points[0][1]
        for (before, low), (after, high) in pairwise(points):
            if hours <= after:
                return low + (high - low) * (hours - before) / (after - before)
        return points[-1][1]

    def expected(self, votes: float, *, age: timedelta) -> float:
        """Return how many votes a paper will have that has `votes` (>= 0) at this age."""
        return votes / self.share(age)


@dataclass(frozen=True, slots=True)
class Watched:
    """One list that settled: hours of age -> its papers' votes then, and the same ones' finally."""

    votes: Mapping[int, tuple[float, float]]


def learn(lists: Iterable[Watched]) -> Growth:
    """Learn from lists that settled, of which few say little.

        share(h) = (n * seen(h) + 10 * start(h)) / (n + 10)

    where `seen` is the median of the lists' shares at that age and n their number.  A share is
    never less than one at a younger age, and the last age is 1.
    """
    seen = shares_seen(lists)
    shares: dict[int, float] = {}
    highest = 0.0
    for hours, start in START.items():
        found = seen[hours]
        usual = median(found) if found else start
        shrunk = (len(found) * usual + PATIENCE * start) / (len(found) + PATIENCE)
        highest = shares[hours] = max(highest, shrunk)
    return Growth({**shares, max(START): 1.0})


def shares_seen(lists: Iterable[Watched]) -> defaultdict[int, list[float]]:
    """Return hours -> what each list says of that age; lists with few votes say nothing."""
    seen: defaultdict[int, list[float]] = defaultdict(list)
    for listed in lists:
        for hours, (then, finally_) in listed.votes.items():
            if finally_ >= FEWEST_VOTES:
                seen[hours].append(min(then / finally_, 1))
    return seen
