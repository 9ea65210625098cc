"""How much is a paper like some others?  A linear function of its vector.  Pure.

    like(x) = w . x + b        0: as papers here are on average; 1: as those that are wanted are

with w = (C + I / n) ** -1 (wanted - usual), where C says how papers here scatter and n is the
number of opinions.  Of one opinion that is nearly the direction to the paper (Rocchio 1971);
of many it is Fisher's linear discriminant (1936), which knows what sets them apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from papers.vectors import DIMENSIONS, LENGTH

VERSION = 2  # of the packed form; another papers.vectors.VERSION needs another one here
NUMBERS = DIMENSIONS + 1  # w, then b
SIZE = 1 + 2 * NUMBERS  # bytes: the version, then little-endian numbers of two bytes
UNIT = LENGTH * LENGTH  # what a product of whole numbers calls 1
LONGEST = 250.0  # so that the numbers have room in two bytes, and products in a float32
# As if so many papers that scatter evenly had been seen here before all others.
SEEN_BEFORE = 50

Vectors = NDArray[np.int8]  # one row for each paper, as papers.vectors makes them


def learn(wanted: Vectors, unwanted: Vectors, usual: Vectors) -> NDArray[np.float64]:
    """Return w and b, 129 numbers; all 0 if nothing is wanted or nothing sets it apart.

    Args:
        unwanted: counts half as much as what is wanted, and no more of it than of that.
        usual: recent papers of all kinds, some hundred of them.
    """
    nothing = np.zeros(NUMBERS)
    if not len(wanted):
        return nothing
    mean, scatter = _usual(usual / LENGTH)
    towards = (wanted / LENGTH).mean(axis=0) - mean
    aim = towards
    if len(unwanted):
        share = 0.5 * min(1, len(unwanted) / len(wanted))
        aim = towards - share * ((unwanted / LENGTH).mean(axis=0) - mean)
    opinions = len(wanted) + len(unwanted)
    weights = np.linalg.solve(scatter + np.eye(DIMENSIONS) / opinions, aim)
    reach = float(weights @ towards)
    if reach <= 1e-6:
        return nothing
    found = np.append(weights, -weights @ mean) / reach
    return found * min(1.0, LONGEST / float(np.linalg.norm(found)))


def pack(numbers: NDArray[np.float64]) -> bytes:
    return bytes([VERSION]) + np.rint(numbers * LENGTH).astype("<i2").tobytes()


def unpack(packed: bytes | memoryview) -> NDArray[np.int16]:
    """Read what `pack` wrote, in 127ths; raise `ValueError` if it is cut or of another version."""
    if len(packed) != SIZE or packed[0] != VERSION:
        raise ValueError(f"{len(packed)} bytes are no likeness of version {VERSION}")
    return np.frombuffer(packed, "<i2", offset=1).astype(np.int16)


def table(packed: bytes) -> tuple[NDArray[np.bool_], NDArray[np.int16]]:
    """Read many that stand one after the other; return which are of this version, and those."""
    rows = np.frombuffer(packed, np.uint8).reshape(-1, SIZE)
    is_current = rows[:, 0] == VERSION
    numbers = np.ascontiguousarray(rows[is_current, 1:]).view("<i2")
    return is_current, numbers.astype(np.int16)


def with_constant(vectors: Vectors) -> NDArray[np.int16]:
    """Add to each vector the number that b is multiplied with; 0 where there is no vector."""
    constant = np.where(vectors.any(axis=1), LENGTH, 0).astype(np.int16)
    return np.column_stack([vectors.astype(np.int16), constant])


def _usual(papers: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    count = len(papers) + SEEN_BEFORE
    mean = papers.sum(axis=0) / count
    even = np.eye(DIMENSIONS) * (SEEN_BEFORE / DIMENSIONS)
    scatter = (papers.T @ papers + even) / count - np.outer(mean, mean)
    return mean, scatter
