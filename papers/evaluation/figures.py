"""Precision, recall and rankings, each with how far chance may move it.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROUNDS = 1_000  # of the bootstrap
AT = 5  # the ranks that count

Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Score:
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Interval:
    """Where 95 of 100 resamplings of the papers fall."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tally:
    """What was predicted and what was right; each array is (papers, topics) of 0 and 1.

    Attributes:
        predicted: what was said.
        right: what was said and may be said.
        wanted: what must be said.
        found: what must be said and was.
    """

    predicted: Counts
    right: Counts
    wanted: Counts
    found: Counts

    def topic(self, column: int) -> Score:
        return _score(
            self.right[:, column].sum(),
            self.predicted[:, column].sum(),
            self.found[:, column].sum(),
            self.wanted[:, column].sum(),
        )

    def support(self, column: int) -> int:
        return int(self.wanted[:, column].sum())

    def micro(self, weights: Counts | None = None) -> Score:
        """Over all decisions together; `weights` (papers,) count papers more than once."""
        w = np.ones(len(self.wanted)) if weights is None else weights
        parts = (self.right, self.predicted, self.found, self.wanted)
        return _score(*(float((w @ part).sum()) for part in parts))

    def macro(self, weights: Counts | None = None) -> tuple[float, float, float]:
        """Return mean precision, recall and F1 of the topics that have support."""
        w = np.ones(len(self.wanted)) if weights is None else weights
        sums = [w @ part for part in (self.right, self.predicted, self.found, self.wanted)]
        scores = [_score(*column) for column in zip(*sums, strict=True) if column[3]]
        means = np.mean([(s.precision, s.recall, s.f1) for s in scores] or [(0, 0, 0)], axis=0)
        return float(means[0]), float(means[1]), float(means[2])

    def intervals(self) -> dict[str, Interval]:
        """Return the intervals of the figures, by resampling the papers."""
        rolls = np.random.default_rng(seed=0)
        size = len(self.wanted)
        rows = []
        for _ in range(ROUNDS):
            weights = np.bincount(rolls.integers(size, size=size), minlength=size).astype(float)
            micro = self.micro(weights)
            rows.append((micro.precision, micro.recall, micro.f1, *self.macro(weights)))
        names = [f"{kind} {what}" for kind in ("micro", "macro") for what in ("P", "R", "F1")]
        return dict(zip(names, spread(np.array(rows)), strict=True))


def spread(samples: Counts) -> list[Interval]:
    """Return the middle 95 % of each column."""
    low, high = np.percentile(samples, [2.5, 97.5], axis=0)
    return [Interval(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def mean_interval(values: Sequence[float]) -> Interval:
    """Return the interval of a mean, by resampling the values."""
    rolls = np.random.default_rng(seed=0)
    samples = rolls.choice(np.array(values), size=(ROUNDS, len(values))).mean(axis=1)
    return spread(samples[:, None])[0]


def ndcg(scores: Counts, is_relevant: NDArray[np.bool_], *, rolls: np.random.Generator) -> float:
    """Return how well the first `AT` of a ranking are chosen, 0..1; ties are shuffled.

    Normalised discounted cumulative gain with gains 0 and 1 (Järvelin and Kekäläinen 2002).
    """
    order = np.lexsort((rolls.random(len(scores)), -scores))[:AT]
    worth = 1 / np.log2(np.arange(2, AT + 2))
    best = worth[: min(AT, int(is_relevant.sum()))].sum()
    return float((is_relevant[order] * worth[: len(order)]).sum() / best) if best else 0.0


def _score(right: float, predicted: float, found: float, wanted: float) -> Score:
    return Score(
        precision=float(right / predicted) if predicted else 0.0,
        recall=float(found / wanted) if wanted else 0.0,
    )
