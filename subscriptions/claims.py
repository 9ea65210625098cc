"""Which entries are claimed next: oldest first, what is left of a call together, suspects last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from subscriptions.ids import oldest_id
from subscriptions.verdicts import UNFINISHED

# How many may be claimed at once by how many workers an entry has cost: a whole chunk, then
# a few, then it alone. Whoever kills three workers while it is composed is given up.
FEW = 25
CLAIMS_AT_MOST = 3

Lanes = Mapping[str, int]  # lane -> how many of it may be claimed now


def choose(waiting: QuerySet[Any], limit: int, lanes: Lanes | None) -> list[int]:
    """Lock and return which of `waiting` to claim; suspects come when nobody else waits.

    Args:
        waiting: what may be claimed, in the order of the queue.
        lanes: how many of each lane at most; None means any.
    """
    alone = waiting.filter(call_key__isnull=True).select_for_update(skip_locked=True)
    if lanes is not None:
        found: list[int] = []
        for lane, share in lanes.items():
            some = alone.filter(claims=0, lane=lane).values_list("pk", flat=True)
            found += some[: min(share, limit - len(found))]
        open_lanes = [lane for lane, share in lanes.items() if share]
        return found or _suspects(alone.filter(lane__in=open_lanes), limit)
    fresh = alone.filter(claims=0)
    return list(fresh.values_list("pk", flat=True)[:limit]) or _suspects(alone, limit)


def choose_call(waiting: QuerySet[Any], entries: QuerySet[Any], keeps_keys: timedelta) -> list[int]:
    """Lock and return all that is left of one call; none of it if a part must wait.

    Args:
        waiting: what may be claimed.
        entries: all that there are.
        keeps_keys: for how long the service knows a repeated call.
    """
    known = waiting.filter(call_key__gt=oldest_id(age=keeps_keys))
    for key in known.order_by("call_key").values_list("call_key", flat=True).distinct():
        rest = entries.filter(call_key=key, state__in=UNFINISHED)
        whole = set(rest.values_list("pk", flat=True))
        free = known.filter(call_key=key).select_for_update(skip_locked=True).order_by("pk")
        if whole == set(ids := list(free.values_list("pk", flat=True))) and ids:
            return ids
    return []


def _suspects(waiting: QuerySet[Any], limit: int) -> list[int]:
    once = waiting.filter(claims=1).values_list("pk", flat=True)
    alone = waiting.filter(claims__gt=1).values_list("pk", flat=True)
    return list(once[: min(limit, FEW)]) or list(alone[: min(limit, 1)])
