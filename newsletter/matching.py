"""Which papers does a reader get, in which order, and why?  Pure functions.

Source: docs/decisions/0006-matching.md
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

MATCH_SHARE, TREND_SHARE = 0.6, 0.4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper that may be sent."""

    paper_id: int
    trend: float  # 0..1
    topics: Mapping[int, float]  # topic id -> strength, 0 < strength <= 1


@dataclass(frozen=True, slots=True)
class Reader:
    """What one reader wants."""

    subscriber_id: int
    interests: Mapping[int, float]  # topic id -> weight, 0 < weight <= 2; 1 is normal
    length: int  # papers at most
    already_sent: Collection[int] = frozenset()  # paper ids


@dataclass(frozen=True, slots=True)
class Pick:
    """A paper for a reader."""

    paper_id: int
    score: float  # 0..1.6; comparable only within one reader
    topic_ids: tuple[int, ...]  # those of his topics that it is about, strongest first


def pick(reader: Reader, candidates: Sequence[Candidate]) -> list[Pick]:
    """Return the reader's papers, best first, at most `reader.length`.

    A paper needs at least one topic of the reader and must not have been sent to him.

        score = 0.6 * max over shared topics of weight * strength  +  0.4 * trend

    Ties keep the order of `candidates`, so pass them hottest first.
    """
    found = (
        made
        for candidate in candidates
        if candidate.paper_id not in reader.already_sent
        and (made := _pick(reader.interests, candidate)) is not None
    )
    return sorted(found, key=lambda made: -made.score)[: reader.length]


def pick_for_all(
    readers: Iterable[Reader], candidates: Sequence[Candidate]
) -> dict[int, list[Pick]]:
    """Return subscriber id -> picks; readers for whom there is nothing have an empty list."""
    return {reader.subscriber_id: pick(reader, candidates) for reader in readers}


def _pick(interests: Mapping[int, float], candidate: Candidate) -> Pick | None:
    values = {
        topic: interests[topic] * strength
        for topic, strength in candidate.topics.items()
        if topic in interests
    }
    if not values:
        return None
    score = MATCH_SHARE * max(values.values()) + TREND_SHARE * candidate.trend
    return Pick(candidate.paper_id, score, tuple(sorted(values, key=lambda t: (-values[t], t))))
