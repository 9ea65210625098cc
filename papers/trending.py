"""How hot is a paper among the papers of its list?  Pure functions: no database, no clock."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

VOTES, COMMENTS, STARS = 1.0, 0.15, 0.10  # what each count weighs


@dataclass(frozen=True, slots=True)
class Attention:
    """What one paper got since it was listed.  All counts >= 0, else `ValueError`."""

    votes: int = 0
    comments: int = 0
    stars_gained: int = 0  # of its code repository, since we first saw it

    def __post_init__(self) -> None:
        if min(self.votes, self.comments, self.stars_gained) < 0:
            raise ValueError(f"attention cannot be negative: {self}")


def trend_scores(attention: Sequence[Attention]) -> list[float]:
    """Score the papers of one list against each other.

        score = (q + 0.15 * c + 0.10 * g) / 1.25

    where q, c and g are the paper's percentiles in votes, comments and stars gained; g is 0
    for a paper that gained no stars.

    Args:
        attention: one entry for each paper of one list date, in any order.

    Returns:
        A score for each entry, in the same order, 0 < score <= 1.  Equal attention gets equal
        scores.  Scores of different lists compare ranks, not counts.

    Source: docs/decisions/0004-trend-score.md
    """
    votes = percentiles([paper.votes for paper in attention])
    comments = percentiles([paper.comments for paper in attention])
    stars = percentiles([paper.stars_gained for paper in attention])
    return [
        (VOTES * q + COMMENTS * c + STARS * (g if paper.stars_gained else 0))
        / (VOTES + COMMENTS + STARS)
        for paper, q, c, g in zip(attention, votes, comments, stars, strict=True)
    ]


def percentiles(counts: Sequence[int]) -> list[float]:
    """Mid-ranks: the share of smaller counts plus half the share of equal ones, itself included.

    A single count gets 0.5, and so do counts that are all equal.
    """
    ranked = sorted(counts)
    return [
        (bisect_left(ranked, count) + bisect_right(ranked, count)) / 2 / len(ranked)
        for count in counts
    ]
