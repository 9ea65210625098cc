"""Which votes of a list came too fast to be believed?  Pure: no database, no clock.

Whoever sells votes delivers them at once; readers come over hours, and to all papers of a list.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from statistics import median
from typing import TypeVar

from papers.histories import History

Key = TypeVar("Key", bound=Hashable)  # whatever tells papers apart

HOUR = timedelta(hours=1)
# Looked at by the hour and by the day: a flood shows in the one, a steady stream in the other.
WINDOWS = (HOUR, timedelta(hours=24))
AN_HOUR = 60  # votes that one paper may gain within an hour, whatever the others do
TIMES = 10  # and as often what the others usually gained meanwhile


def doubted(
    histories: Mapping[Key, History], vouched: Mapping[Key, datetime] | None = None
) -> dict[Key, int]:
    """Return paper -> how many of the votes that it gained on its list do not count.

    A paper may gain, between two looks that are `hours` apart,

        60 * sqrt(hours) + 10 * median of what the others of the list gained meanwhile

    votes.  If it gained more, that gain counts as much as the largest one of another paper that
    did not: not as the most that would have been let through, or it would pay to try.  What a
    paper brings along when it is first seen is measured against the age of the list.

    Args:
        histories: those of one list, by paper.
        vouched: paper -> until when a person has found its votes to be genuine.

    Returns:
        0 <= votes <= what the paper gained, for each of `histories`; 0 for almost all.

    Source: docs/decisions/0011-trending.md
    """
    vouched = vouched or {}
    inspected = [_within(histories, vouched, window) for window in WINDOWS]
    return {paper: max(found[paper] for found in inspected) for paper in histories}


def allowed(gap: timedelta, others: Sequence[int]) -> float:
    """Return how many votes a paper may gain in `gap` while others gained so many each."""
    hours = max(gap / HOUR, 1)
    return AN_HOUR * sqrt(hours) + TIMES * (median(others) if others else 0)


def _within(
    histories: Mapping[Key, History], vouched: Mapping[Key, datetime], window: timedelta
) -> dict[Key, int]:
    found = dict.fromkeys(histories, 0)
    for since, until in pairwise(_moments(histories, window)):
        gains = {
            paper: _gain(seen, max(since, vouched.get(paper, since)), until)
            for paper, seen in histories.items()
            if seen.first_seen <= until
        }
        sudden = {
            paper
            for paper, gain in gains.items()
            if gain > AN_HOUR
            and gain > allowed(until - _begin(histories[paper], since), _others(gains, paper))
        }
        most = max((gain for paper, gain in gains.items() if paper not in sudden), default=0)
        for paper in sudden:
            found[paper] += max(gains[paper] - most, 0)
    return found


def _moments(histories: Mapping[Key, History], window: timedelta) -> list[datetime]:
    """Return moments at least a window apart, from before the first rise to the last one."""
    looks = {rise.until for seen in histories.values() for rise in seen.rises}
    looks |= {rise.since for seen in histories.values() for rise in seen.rises if rise.since}
    if not looks:
        return []
    kept = [min(seen.joined for seen in histories.values()) - HOUR]
    for look in sorted(looks):
        if look - kept[-1] >= window:
            kept.append(look)
    return kept if kept[-1] == max(looks) else [*kept, max(looks)]


def _gain(seen: History, since: datetime, until: datetime) -> int:
    return max(seen.gained_by(until) - seen.gained_by(since), 0)


def _begin(seen: History, since: datetime) -> datetime:
    """Return since when it gained what it gained: with its list, if nobody looked before."""
    return min(since, seen.begins) if seen.first_seen > since else since


def _others(gains: Mapping[Key, int], paper: Key) -> list[int]:
    return [gain for other, gain in gains.items() if other != paper]
