"""How good is an order of papers?  Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PLACES = 10
DISCOUNT = 1 / np.log2(np.arange(2, PLACES + 2))
SAMPLES = 1000  # of the bootstrap


def order(scores: NDArray[np.floating], chance: np.random.Generator) -> NDArray[np.int64]:
    """Return positions, best first; equal scores in an order that is left to chance."""
    shuffled = chance.permutation(scores.size)
    return shuffled[np.argsort(-scores[shuffled], kind="stable")]


def ndcg(is_relevant: NDArray[np.bool_], *, of: int) -> float:
    """Normalised discounted cumulative gain of the first ten places (Järvelin, Kekäläinen 2002).

    Args:
        is_relevant: of the papers in their order.
        of: how many relevant papers there are, at least one.
    """
    first = is_relevant[:PLACES]
    return float(first @ DISCOUNT[: first.size] / DISCOUNT[:of].sum())


def precision(is_relevant: NDArray[np.bool_]) -> float:
    """Which share of the first ten places is filled well."""
    return float(is_relevant[:PLACES].sum() / PLACES)


def interval(values: NDArray[np.float64], chance: np.random.Generator) -> tuple[float, float]:
    """Return within which bounds the mean lies by 95 of 100, if other pools had been drawn.

    Args:
        values: readers by pools; NaN where a reader has nothing to find.
    """
    sums, counts = np.nansum(values, axis=0), np.isfinite(values).sum(axis=0)
    drawn = chance.integers(0, sums.size, (SAMPLES, sums.size))
    means = sums[drawn].sum(axis=1) / np.maximum(counts[drawn].sum(axis=1), 1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
