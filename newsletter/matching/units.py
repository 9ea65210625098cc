"""Whole numbers in place of fractions, so that every machine orders papers alike.

A match is worth 0..200,000: 100,000 is a paper wholly on a topic of normal weight.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from papers import likeness

FULL = 100_000  # a keyword, or a topic of weight 1 and strength 1
AUTHOR_WORTH = 120_000
SCORE = 100 * FULL  # what `Pick.score` calls 1
MOST_SCORE = 200 * FULL
MOST_SHARE = 99  # the match still decides between papers of one trend
LIKE = likeness.UNIT  # what a product of a taste and a paper calls 1
ALIKE = 6452  # a likeness of 0.4: about half of such papers are what is meant
MOST_MATCH = 2 * FULL


def weights(values: ArrayLike) -> NDArray[np.int64]:
    """0..2 in hundredths; only 0 becomes 0, which mutes a topic."""
    return _rounded(values, 100)


def strengths(values: ArrayLike) -> NDArray[np.int64]:
    """0..1 in thousandths; times a weight it is a match."""
    return _rounded(values, 1000)


def trends(values: ArrayLike) -> NDArray[np.int64]:
    """0..1, rounded to ten thousandths, on the scale of a match."""
    return np.rint(np.asarray(values, np.float64) * 10_000).astype(np.int64) * 10


def shares(values: ArrayLike) -> NDArray[np.int64]:
    """0..1 in hundredths."""
    hundredths = np.rint(np.asarray(values, np.float64) * 100).astype(np.int64)
    return np.minimum(hundredths, MOST_SHARE)


def _rounded(values: ArrayLike, scale: int) -> NDArray[np.int64]:
    exact = np.asarray(values, np.float64)
    return np.where(exact > 0, np.maximum(np.rint(exact * scale), 1), 0).astype(np.int64)
