"""The papers of one delivery, packed into a few bytes a paper.  Pure.

A million deliveries of ten papers are a gigabyte as JSON and 130 MB like this, and a block of
them is one numpy array.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Why(IntEnum):
    """What made a paper one for this reader; `Pick.reference` says which."""

    NOTHING = 0  # reference 0
    TOPIC = 1  # a topic that he follows: its id
    KEYWORD = 2  # a phrase that he looks for: its id
    AUTHOR = 3  # an author whom he follows: the phrase's id
    TASTE = 4  # it is like papers of which he wanted more: the nearest one's id, or 0
    TREND = 5  # outside his topics, and everybody reads it: 0


# Little-endian, without gaps: 13 bytes a paper.  In `why`, from the lowest bit on: three bits
# of `Why`, four of `rises`, and one that says that the reader had it before.
PACKED = np.dtype(
    [("paper", "<u4"), ("score", "<f2"), ("why", "u1"), ("reference", "<u4"), ("also", "<u2")]
)

KIND, RISES, FOUR_BITS, AGAIN = 0b111, 3, 0b1111, 0x80


@dataclass(frozen=True, slots=True)
class Pick:
    """A paper for a reader, and the two strongest reasons for it."""

    paper_id: int  # 1 .. 2**32 - 1
    score: float  # 0..3, kept to three digits; comparable only within one reader
    why: Why = Why.NOTHING
    reference: int = 0
    also_topic: int = 0  # a second topic that he follows, its id; 0 if there is none
    rises: int = 0  # `Paper.rises` when it was picked, 0..15
    is_again: bool = False  # he had it before it rose


def pack(picks: Iterable[Pick]) -> bytes:
    """Write picks, best first, in 13 bytes each."""
    rows = [
        (
            p.paper_id, p.score, p.why | p.rises << RISES | AGAIN * p.is_again,
            p.reference, p.also_topic,
        )
        for p in picks
    ]  # fmt: skip
    return np.array(rows, dtype=PACKED).tobytes()


def unpack(packed: bytes | memoryview) -> list[Pick]:
    """Read what `pack` wrote; raise `ValueError` if it is cut or not ours."""
    rows = np.frombuffer(packed, dtype=PACKED)
    found = [
        Pick(
            paper,
            score,
            Why(why & KIND),
            reference,
            also_topic,
            rises=why >> RISES & FOUR_BITS,
            is_again=bool(why & AGAIN),
        )
        for paper, score, why, reference, also_topic in rows.tolist()
    ]
    if any(math.isnan(pick.score) for pick in found):
        raise ValueError("a score is not a number")
    return found


def rises_of(rows: NDArray[np.void]) -> NDArray[np.int64]:
    """Return `Pick.rises` of rows of dtype PACKED."""
    rises: NDArray[np.int64] = (rows["why"] >> RISES & FOUR_BITS).astype(np.int64)
    return rises
