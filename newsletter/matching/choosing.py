"""The best papers of each reader: each once, as many as he wants, not all of one topic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from newsletter.matching.readers import Ints
from newsletter.matching.reasons import FIRST_TOPIC, NEVER, TASTE, Reasons, paper_of, reason_of


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
    place = np.arange(keys.shape[1])
    is_gone = _repeats(paper_of(keys)) | (keys == NEVER)
    code = reason_of(keys)
    is_topic = ~is_gone & (code >= FIRST_TOPIC) & (code < TASTE)
    # What is of no topic gets a number of its own, so that its rank is 0.
    is_over = _ranks(np.where(is_topic, code, TASTE + 1 + place)) >= caps[:, None]
    turn = np.where(is_gone, 2, is_over & is_topic) * keys.shape[1] + place
    turn.sort(axis=1)
    width = min(int(lengths.max(initial=0)), keys.shape[1])
    turn = turn[:, :width]
    chosen = np.take_along_axis(keys, turn % max(keys.shape[1], 1), axis=1)
    is_in_turn = (turn < keys.shape[1]) & (place[:width] < lengths[:, None])
    is_empty = (turn >= 2 * keys.shape[1]) | (place[:width] >= lengths[:, None])
    chosen[is_empty] = NEVER
    is_full = (is_in_turn & (chosen < cut[:, None])).sum(axis=1) >= lengths
    return Chosen(chosen, is_full | (cut == NEVER))


def _best(reasons: Reasons, depth: int) -> tuple[Ints, Ints]:
    """Return the `depth` best keys of each reader in order, and the best that is left out."""
    size = reasons.cut.size
    counts = [np.bincount(reader, minlength=size) for reader, _ in reasons.parts]
    total = np.sum(counts, axis=0)
    best = np.full((size, min(depth, int(total.max(initial=0)))), NEVER)
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
    for (reader, keys), count in zip(reasons.parts, counts, strict=True):
        shift = start + ahead - (np.cumsum(count) - count)
        flat[np.repeat(shift, count) + np.arange(keys.size)] = keys
        ahead += count
    for wide in np.unique(width):
        who = np.flatnonzero(width == wide)
        first = start[who[0]]
        yield who, flat[first : first + who.size * wide].reshape(who.size, wide)


def _repeats(values: Ints) -> NDArray[np.bool_]:
    """Return where a row has a value that it had further left."""
    return _ranks(values) > 0


def _ranks(values: Ints) -> Ints:
    """Return how many equal values each one has on its left, row by row."""
    width = max(values.shape[1], 1)
    place = np.arange(values.shape[1])
    order = values * width + place
    order.sort(axis=1)
    value, column = np.divmod(order, width)
    is_first = np.ones_like(order, np.bool_)
    is_first[:, 1:] = value[:, 1:] != value[:, :-1]
    group = np.maximum.accumulate(np.where(is_first, place, 0), axis=1)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, column, place - group, axis=1)
    return ranks
