"""How well does one order foretell another?  Pure functions.

Equal scores are in no order.  Every measure is the mean over all orders that they could have, so
neither the order of a file nor luck gets into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from math import log1p, log2, sqrt
from operator import mul
from random import Random
from statistics import fmean

from papers.trending import percentiles

ROUNDS = 1_000  # of the bootstrap


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over lists, and where it lies in 95 of 100 draws of the same lists."""

    mean: float
    low: float
    high: float
    lists: int  # the support: those for which the measure exists

    def written(self, number: str) -> str:
        return f"{number} [{number}, {number}]".format(self.mean, self.low, self.high)


def ndcg(scores: Sequence[float], votes: Sequence[float], *, top: int) -> float | None:
    """Normalised discounted gain of the first `top`, gain ln(1 + votes), 0..1; None without votes.

    Source: Järvelin and Kekäläinen 2002; equal scores as in McSherry and Najork 2008
    """
    gains = [log1p(count) for count in votes]
    best = _discounted(sorted(gains, reverse=True)[:top])
    found = [0.0] * len(scores)
    for places, group in _groups(scores):
        for place in places:
            found[place] = fmean(gains[position] for position in group)
    return _discounted(found[:top]) / best if best else None


def spearman(scores: Sequence[float], votes: Sequence[float]) -> float | None:
    """Rank correlation, -1..1, equal ones in the middle; None if either has no order at all."""
    x, y = ([value - 0.5 for value in percentiles(counts)] for counts in (scores, votes))
    across = sum(a * a for a in x) * sum(b * b for b in y)
    return float(sum(map(mul, x, y)) / sqrt(across)) if across else None


def overlap(scores: Sequence[float], votes: Sequence[float], *, top: int) -> float:
    """Share of the first `top` papers that are among the first in votes, 0..1."""
    count = min(top, len(scores))
    both = sum(map(mul, _chances(scores, count), _chances(votes, count)))
    return float(both / count)


def interval(values: Sequence[float | None], chance: Random) -> Interval | None:
    """Mean with its bootstrap interval; lists without a value count for nothing."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    means = sorted(fmean(chance.choices(known, k=len(known))) for _ in range(ROUNDS))
    return Interval(
        fmean(known), means[round(0.025 * ROUNDS)], means[round(0.975 * ROUNDS) - 1], len(known)
    )


def difference(
    ours: Sequence[float | None], theirs: Sequence[float | None], chance: Random
) -> Interval | None:
    """Interval of ours minus theirs, list by list: it holds 0 if neither is surely better."""
    pairs = zip(ours, theirs, strict=True)
    both = [a - b if a is not None and b is not None else None for a, b in pairs]
    return interval(both, chance)


def _groups(scores: Sequence[float]) -> Iterator[tuple[range, list[int]]]:
    """Yield the places from 0 that equal scores share, and whose they are; highest first."""
    order = sorted(range(len(scores)), key=lambda position: -scores[position])
    start = 0
    for _, equal in groupby(order, key=lambda position: scores[position]):
        group = list(equal)
        yield range(start, start + len(group)), group
        start += len(group)


def _chances(scores: Sequence[float], top: int) -> list[float]:
    """Return each one's chance to be among the first `top`."""
    chances = [0.0] * len(scores)
    for places, group in _groups(scores):
        for position in group:
            chances[position] = sum(place < top for place in places) / len(group)
    return chances


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / log2(place + 2) for place, gain in enumerate(gains))


MEASURES: dict[str, Callable[[Sequence[float], Sequence[float]], float | None]] = {
    "Spearman": spearman,
    "NDCG@5": partial(ndcg, top=5),
    "NDCG@10": partial(ndcg, top=10),
    "top-5 overlap": partial(overlap, top=5),
}
