"""Match a block of readers and write their deliveries: a few statements, whatever the number."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from newsletter import wishes
from newsletter.arrays import Field, write
from newsletter.matching.block import Picks, pick_all
from newsletter.matching.pool import Pool
from newsletter.models import Delivery, Issue
from newsletter.picks import PACKED
from subscriptions.lanes import LANES, lane_of
from subscriptions.models import Subscriber
from subscriptions.verdicts import State

Ints = NDArray[np.int64]
NOTHING_NEW = "no new papers on the reader's topics"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # that Postgres counts microseconds from
BATCH = 500  # rows of one INSERT


def add(issue: Issue, readers: Sequence[int], pool: Pool, *, at: datetime) -> int:
    """Add those of `readers` that the issue does not have; return how many those are.

    Call it in a transaction that has locked the issue, and add the number to what is
    expected of it.
    """
    have = issue.deliveries.filter(subscriber__in=readers).values_list("subscriber_id", flat=True)
    rows = Subscriber.objects.filter(pk__in=readers).exclude(pk__in=have).order_by("pk")
    found = list(rows.values_list("pk", "email", "length", "trend_share"))
    if not found:
        return 0
    ids = np.array([row[0] for row in found], np.int64)
    block = wishes.load(
        ids,
        lengths=np.array([row[2] for row in found], np.int64),
        trend_shares=np.array([row[3] for row in found], np.float64),
        pool=pool,
        on_the_way=np.array(Delivery.objects.issues_on_the_way(but=issue.pk), np.int64),
    )
    lanes = np.array([LANES.index(lane_of(row[1])) for row in found], np.int64)
    _write(issue, ids, lanes, pick_all(block, pool), at=at)
    return len(found)


def new_ids(count: int, *, at: datetime) -> NDArray[np.uint8]:
    """Return so many UUIDs of version 7 (RFC 9562), 16 bytes each, of one moment."""
    ids = np.frombuffer(os.urandom(16 * count), np.uint8).reshape(count, 16).copy()
    milliseconds = int(at.timestamp() * 1000).to_bytes(6, "big")
    ids[:, :6] = np.frombuffer(milliseconds, np.uint8)
    ids[:, 6] = ids[:, 6] & 0x0F | 0x70
    ids[:, 8] = ids[:, 8] & 0x3F | 0x80
    return ids


def _write(issue: Issue, ids: Ints, lanes: Ints, picks: Picks, *, at: datetime) -> None:
    if connection.vendor == "postgresql":
        write("newsletter_delivery", _fields(issue, ids, lanes, picks, at=at))
        return
    Delivery.objects.bulk_create(
        [
            Delivery(
                issue=issue,
                subscriber_id=reader,
                lane=LANES[lane],
                packed_picks=packed,
                state=State.PENDING if packed else State.SKIPPED,
                error="" if packed else NOTHING_NEW,
            )
            for reader, lane, packed in zip(
                ids.tolist(), lanes.tolist(), picks.packed(), strict=True
            )
        ],
        batch_size=BATCH,
    )


def _fields(
    issue: Issue, ids: Ints, lanes: Ints, picks: Picks, *, at: datetime
) -> dict[str, Field]:
    count = ids.size
    is_empty = (picks.counts == 0).astype(np.int64)
    zeros = np.zeros(count, ">i2")
    microseconds = round((at - EPOCH).total_seconds() * 1_000_000)
    return {
        "public_id": Field(new_ids(count, at=at)),
        "state": Field.choice([State.PENDING, State.SKIPPED], is_empty),
        "created_at": Field.of(np.full(count, microseconds, ">i8")),
        "claims": Field.of(zeros),
        "attempts": Field.of(zeros),
        "resends": Field.of(zeros),
        "provider_id": Field.choice([""], np.zeros(count, np.int64)),
        "error": Field.choice(["", NOTHING_NEW], is_empty),
        "issue_id": Field.of(np.full(count, issue.pk, ">i8")),
        "subscriber_id": Field.of(ids.astype(">i8")),
        "lane": Field.choice(LANES, lanes),
        "packed_picks": _packed(picks),
    }


def _packed(picks: Picks) -> Field:
    """The picks of each reader side by side, filled up to the longest."""
    sizes = picks.counts * PACKED.itemsize
    table = np.zeros((sizes.size, int(sizes.max(initial=0))), np.uint8)
    table[np.arange(table.shape[1]) < sizes[:, None]] = np.frombuffer(
        picks.rows.tobytes(), np.uint8
    )
    return Field(table, sizes)
