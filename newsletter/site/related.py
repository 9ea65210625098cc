"""Papers like a paper: those whose words point the same way."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import numpy as np
from django.utils.timezone import now
from numpy.typing import NDArray

from papers import vectors
from papers.models import Paper

DAYS, MOST = 90, 5000  # how far back, and how many at most
SHOWN = 5
NEAR = 0.35 * vectors.LENGTH**2  # a product below that is hardly the same subject
KEPT = 600  # seconds


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest papers' vectors, a row each."""

    ids: NDArray[np.int64]
    table: NDArray[np.int16]


def like(paper: Paper) -> list[Paper]:
    """Return a few papers nearest to it, nearest first; none if its words say nothing."""
    if not vectors.is_current(paper.vector):
        return []
    (own,) = vectors.table([paper.vector])
    ids = nearest(own, _recent(int(time.monotonic() // KEPT)), paper.pk)
    found = Paper.objects.standing().for_cards().in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def nearest(vector: NDArray[np.int8], recent: Recent, own: int) -> list[int]:
    """Return the ids of the nearest papers but itself.  Pure."""
    if not recent.ids.size or not vector.any():
        return []
    products = recent.table @ vector.astype(np.int32)
    best = np.argsort(-products, kind="stable")[: SHOWN + 1]
    return [int(recent.ids[at]) for at in best if products[at] >= NEAR and recent.ids[at] != own][
        :SHOWN
    ]


@lru_cache(maxsize=1)
def _recent(moment: int) -> Recent:
    """Load them again when `moment` has changed."""
    fresh = (
        Paper.objects.standing()
        .with_vector()
        .filter(first_seen_at__gte=now() - timedelta(days=DAYS))
    )
    rows = list(fresh.order_by("-pk").values_list("pk", "vector")[:MOST])
    if not rows:
        return Recent(np.zeros(0, np.int64), np.zeros((0, vectors.DIMENSIONS), np.int16))
    table = vectors.table(vector for _, vector in rows).astype(np.int16)
    return Recent(np.array([pk for pk, _ in rows]), table)
