"""The best papers of each reader: each once, as many as he wants, not all of one topic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from newsletter.matching.readers import Ints
from newsletter.matching.reasons import FIRST_TOPIC, NEVER, TASTE, Reasons, paper_of, reason_of

DEEPEST = (1 << 16) - 1  # reasons of one reader that are looked at, at most


@dataclass(frozen=True, slots=True)
class Chosen:
    """Readers by places: the key of the paper in each place, NEVER where there is none.

    `is_sure` tells for each reader that nothing that was left out would change it.
    """

    keys: Ints
    is_sure: NDArray[np.bool_]


def choose(reasons: Reasons, lengths: Ints, caps: Ints, *, depth: int) -> Chosen:
    """Choose for each reader.

    Args:
        lengths: papers at most.
        caps: papers at most whose best reason is one and the same topic.  More come in only
            where places would stay empty, after all others.
        depth: how many of a reader's reasons are looked at; the best ones.
    """
    keys, cut = _best(reasons, depth)
    depth = keys.shape[1]
    place = np.arange(depth, dtype=np.int32)
    is_gone = (_ranks(paper_of(keys).astype(np.int32)) > 0) | (keys == NEVER)
    code = reason_of(keys).astype(np.int32)
    is_topic = ~is_gone & (code >= FIRST_TOPIC) & (code < TASTE)
    is_over = _ranks(np.where(is_topic, code, TASTE)) >= caps[:, None]
    turn = place + np.where(is_gone, np.int32(2 * depth), (is_over & is_topic) * np.int32(depth))
    turn.sort(axis=1)
    width = min(int(lengths.max(initial=0)), depth)
    turn = turn[:, :width]
    chosen = np.take_along_axis(keys, turn - turn // max(depth, 1) * depth, axis=1)
    is_wanted = place[:width] < lengths[:, None]
    chosen[(turn >= 2 * depth) | ~is_wanted] = NEVER
    is_in_turn = (turn < depth) & is_wanted & (chosen < cut[:, None])
    return Chosen(chosen, (is_in_turn.sum(axis=1) >= lengths) | (cut == NEVER))


def _best(reasons: Reasons, depth: int) -> tuple[Ints, Ints]:
    """Return the `depth` best keys of each reader in order, and the best that is left out."""
    size = reasons.cut.size
    counts = [np.bincount(reader, minlength=size) for reader, _ in reasons.parts]
    total = np.sum(counts, axis=0)
    best = np.full((size, min(depth, DEEPEST, int(total.max(initial=0)))), NEVER)
    cut = reasons.cut.copy()
    for who, table in _tables(reasons, counts, total):
        table.sort(axis=1)
        width = min(best.shape[1], table.shape[1])
        best[who, :width] = table[:, :width]
        if table.shape[1] > width:
            cut[who] = np.minimum(cut[who], table[:, width])
    return best, cut


def _tables(reasons: Reasons, counts: list[Ints], total: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield readers and a table of their keys, those with about as many keys together."""
    width = np.int64(1) << np.ceil(np.log2(np.maximum(total, 8))).astype(np.int64)
    order = np.argsort(width, kind="stable")
    start = np.empty_like(width)
    start[order] = np.cumsum(width[order]) - width[order]
    flat = np.full(int(width.sum()), NEVER)
    ahead = np.zeros_like(start)
    for (_, keys), count in zip(reasons.parts, counts, strict=True):
        shift = start + ahead - (np.cumsum(count) - count)
        flat[np.repeat(shift, count) + np.arange(keys.size)] = keys
        ahead += count
    for wide in np.unique(width):
        who = np.flatnonzero(width == wide)
        first = start[who[0]]
        yield who, flat[first : first + who.size * wide].reshape(who.size, wide)


def _ranks(values: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return how many equal values each one has on its left, row by row.

    Values below 2 ** 14 have room in 31 bits with their places, for there are `DEEPEST`.
    """
    bits = values.shape[1].bit_length()
    place = np.arange(values.shape[1], dtype=np.int32)
    order = (values << bits) | place
    order.sort(axis=1)
    value, column = order >> bits, order & ((1 << bits) - 1)
    is_later = np.zeros_like(order, np.bool_)
    is_later[:, 1:] = value[:, 1:] == value[:, :-1]
    ranks: NDArray[np.int32] = np.zeros_like(order)
    rows, places = np.nonzero(is_later)
    first = np.maximum.accumulate(np.where(is_later, 0, place), axis=1)
    ranks[rows, column[rows, places]] = places - first[rows, places]
    return ranks
