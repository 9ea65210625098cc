"""Which of the papers that a reader wanted more of is nearest to a paper that he gets for it?"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from newsletter.matching.block import Picks
from newsletter.matching.pool import Pool
from newsletter.picks import KIND, Why
from papers import vectors
from subscriptions.among import among
from subscriptions.models import Feedback

Ints = NDArray[np.int64]


def refer(picks: Picks, readers: Ints, pool: Pool) -> None:
    """Write the id of that paper into `picks.rows`, where likeness is the reason.

    Args:
        readers: ids of subscribers, as many as `picks.counts`.
    """
    rows = np.flatnonzero(picks.rows["why"] & KIND == Why.TASTE)
    if not rows.size:
        return
    who = np.repeat(readers, picks.counts)[rows]
    liked = _liked(who)
    papers = pool.positions(picks.rows["paper"][rows].astype(np.int64))
    starts = np.flatnonzero(np.diff(who, prepend=-1))
    for start, end in zip(starts, np.append(starts[1:], who.size), strict=True):
        if his := liked.get(int(who[start])):
            ids, known = np.array([pk for pk, _ in his]), vectors.table(v for _, v in his)
            products = pool.vectors[papers[start:end], : vectors.DIMENSIONS] @ known.T
            picks.rows["reference"][rows[start:end]] = ids[products.argmax(axis=1)]


def _liked(readers: Ints) -> dict[int, list[tuple[int, bytes | memoryview | None]]]:
    """Return reader -> ids and vectors of the papers that he wants more of."""
    said = Feedback.objects.filter(
        among("subscriber_id", np.unique(readers).tolist()), kind=Feedback.Kind.MORE
    )
    found = defaultdict(list)
    for reader, paper, vector in said.order_by("pk").values_list(
        "subscriber_id", "paper_id", "paper__vector"
    ):
        if vectors.is_current(vector):
            found[reader].append((paper, vector))
    return found
