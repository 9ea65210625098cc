"""How hot is a paper among the papers of its list?  Pure functions: no database, no clock."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

VOTES, COMMENTS, STARS, READERS = 1.0, 0.15, 0.10, 0.25  # what each count weighs
PRIOR_VOTES = 5  # as many votes as a guess is worth


@dataclass(frozen=True, slots=True)
class Attention:
    """What one paper got since it was listed.  No number < 0, else `ValueError`."""

    votes: float = 0  # that count, and are to be expected: papers.growth
    comments: int = 0
    stars_gained: int = 0  # of its code repository, since we first saw it
    readers: int = 0  # votes of our own readers
    prior: float | None = None  # 0..1: the guess of papers.prior where votes say little yet

    def __post_init__(self) -> None:
        if min(self.votes, self.comments, self.stars_gained, self.readers, self.prior or 0) < 0:
            raise ValueError(f"attention cannot be negative: {self}")


def trend_scores(attention: Sequence[Attention]) -> list[float]:
    """Score the papers of one list against each other.

        score = (q + 0.15 * c + 0.10 * g + 0.25 * r) / 1.50

    where q, c, g and r are the paper's percentiles in votes, comments, stars gained and votes of
    our readers; g is 0 for a paper that gained no stars.  If no reader voted for any paper of
    the list, r is left out and the sum is divided by 1.25.

    Where there is a guess, q is the percentile of a mean of what votes and guess say,

        (n * q + 5 * prior) / (n + 5)

    with n votes.  Papers without votes are ordered by it below all papers with votes.

    Args:
        attention: one entry for each paper of one list date, in any order.

    Returns:
        A score for each entry, in the same order, 0 < score <= 1.  Equal attention gets equal
        scores.  Scores of different lists compare ranks, not counts.

    Source: docs/decisions/0004-trend-score.md, docs/decisions/0011-trending.md
    """
    votes = _standings(attention)
    comments = percentiles([paper.comments for paper in attention])
    stars = percentiles([paper.stars_gained for paper in attention])
    readers = percentiles([paper.readers for paper in attention])
    own = READERS if any(paper.readers for paper in attention) else 0
    return [
        (VOTES * q + COMMENTS * c + STARS * (g if paper.stars_gained else 0) + own * r)
        / (VOTES + COMMENTS + STARS + own)
        for paper, q, c, g, r in zip(attention, votes, comments, stars, readers, strict=True)
    ]


def percentiles(counts: Sequence[Any]) -> list[float]:
    """Mid-ranks: the share of smaller counts plus half the share of equal ones, itself included.

    A single count gets 0.5, and so do counts that are all equal.
    """
    ranked = sorted(counts)
    return [
        (bisect_left(ranked, count) + bisect_right(ranked, count)) / 2 / len(ranked)
        for count in counts
    ]


def _standings(attention: Sequence[Attention]) -> list[float]:
    """Percentiles in votes, mixed with the guesses if each paper has one."""
    votes = percentiles([paper.votes for paper in attention])
    if any(paper.prior is None for paper in attention):
        return votes
    return percentiles(
        [
            (paper.votes > 0, _mean(paper.votes, q, paper.prior or 0))
            for paper, q in zip(attention, votes, strict=True)
        ]
    )


def _mean(votes: float, q: float, prior: float) -> float:
    return (votes * q + PRIOR_VOTES * prior) / (votes + PRIOR_VOTES)
