"""Write the deliveries of one issue to a block of readers."""

from __future__ import annotations

import secrets
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models import F
from numpy.typing import NDArray

from newsletter import arrays, candidates, nearest, placing, wishes
from newsletter.arrays import Field
from newsletter.audience import Audience
from newsletter.matching.block import Picks, pick_all
from newsletter.matching.pool import Pool
from newsletter.models import Delivery, Issue, Plan
from newsletter.picks import PACKED
from subscriptions import among
from subscriptions.lanes import LANES
from subscriptions.verdicts import State

Ints = NDArray[np.int64]
NO_PAPERS = "no new papers on the reader's topics"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # of Postgres


@dataclass(frozen=True, slots=True)
class Edition:
    """An issue that is being opened, with its candidates: loaded once for all readers."""

    issue: Issue
    pool: Pool
    on_the_way: Ints  # other issues whose mails may still arrive


def edition(cadence: str, on: date, *, at: datetime) -> Edition:
    """Return the issue of that date, which is made if there is none, and its candidates."""
    issue = issue_of(cadence, on, at=at)
    acts = placing.planned(cadence, on)  # frozen with the issue: the same for all readers
    pool = candidates.load(cadence, on, at=at, acts=acts)
    on_the_way = Delivery.objects.issues_on_the_way(but=issue.pk)
    return Edition(issue, pool, np.array(on_the_way, np.int64))


def issue_of(cadence: str, on: date, *, at: datetime) -> Issue:
    """Return the issue of that date; a new one freezes its plan, and says what that says."""
    said = partial(_begin, cadence, on, at=at)  # called only for a new issue
    new = {"opened_at": at, "introduction": said}
    return Issue.objects.get_or_create(cadence=cadence, on=on, defaults=new)[0]


def _begin(cadence: str, on: date, *, at: datetime) -> str:
    """Freeze the plan of an issue that is about to be made; return what stands above its papers.

    If somebody else makes the issue first, this is undone.
    """
    Plan.objects.freeze(cadence, on, at=at)
    return candidates.introduction(cadence, on, at=at)


def write(opened: Edition, readers: Audience, *, at: datetime) -> int:
    """Add those of `readers` that the issue does not have; return how many.

    The readers must be locked: that is why nobody else can be writing to them.  They are
    counted as expected in the same transaction.
    """
    new = readers.only(~np.isin(readers.ids, having(opened.issue, readers.ids)))
    if not new.size:
        return 0
    wanted = wishes.load(
        new.ids,
        lengths=new.lengths,
        trend_shares=new.trend_shares,
        pool=opened.pool,
        on_the_way=opened.on_the_way,
    )
    picks = pick_all(wanted, opened.pool, outside=settings.OUTSIDE_PICK)
    nearest.refer(picks, new.ids, opened.pool)
    if connection.vendor == "postgresql":
        arrays.write("newsletter_delivery", _fields(opened.issue, new, picks, at=at))
    else:
        Delivery.objects.bulk_create(_deliveries(opened.issue, new, picks), batch_size=500)
    count(opened.issue, new.size)
    return new.size


def count(issue: Issue, readers: int) -> None:
    """Expect so many deliveries more; raise `Issue.DoesNotExist` if somebody deleted it."""
    rows = Issue.objects.filter(pk=issue.pk)
    if not rows.update(expected_count=F("expected_count") + readers):
        raise Issue.DoesNotExist(f"issue {issue.pk} is gone")


def having(issue: Issue, ids: Ints) -> Ints:
    """Return those of these readers who have a delivery of the issue."""
    chosen, param = among.condition("subscriber_id", ids.tolist())
    sql = f"SELECT subscriber_id AS id FROM newsletter_delivery WHERE issue_id = %s AND {chosen}"  # noqa: S608
    have: Ints = arrays.read(sql, [issue.pk, param], {"id": "i8"})["id"]
    return have


def new_ids(count: int) -> NDArray[np.uint8]:
    """Return UUIDs as `subscriptions.ids.new_id` makes them, 16 bytes a row."""
    table = np.frombuffer(secrets.token_bytes(16 * count), np.uint8).reshape(count, 16).copy()
    milliseconds = time.time_ns() // 1_000_000
    table[:, :6] = np.frombuffer(milliseconds.to_bytes(6, "big"), np.uint8)
    table[:, 6] = table[:, 6] & 0x0F | 0x70
    table[:, 8] = table[:, 8] & 0x3F | 0x80
    return table


def _fields(issue: Issue, readers: Audience, picks: Picks, *, at: datetime) -> dict[str, Field]:
    """Every column of a delivery that has no default in the database."""
    count = readers.size
    is_empty = (picks.counts == 0).astype(np.int64)
    nothing = Field(np.empty((count, 0), np.uint8))
    zero = Field.of(np.zeros(count, ">i2"))
    created = (at - EPOCH) // EPOCH.resolution
    return {
        "public_id": Field(new_ids(count)),
        "state": Field.choice([State.PENDING, State.SKIPPED], is_empty),
        "created_at": Field.of(np.full(count, created, ">i8")),
        "claims": zero,
        "attempts": zero,
        "resends": zero,
        "provider_id": nothing,
        "error": Field.choice(["", NO_PAPERS], is_empty),
        "issue_id": Field.of(np.full(count, issue.pk, ">i8")),
        "subscriber_id": Field.of(readers.ids.astype(">i8")),
        "lane": Field.choice(LANES, readers.lanes),
        "packed_picks": _packed(picks),
    }


def _packed(picks: Picks) -> Field:
    most = int(picks.counts.max(initial=0))
    table = np.zeros((picks.counts.size, most), PACKED)
    table[np.arange(most) < picks.counts[:, None]] = picks.rows
    as_bytes = table.view(np.uint8).reshape(picks.counts.size, most * PACKED.itemsize)
    return Field(as_bytes, picks.counts * PACKED.itemsize)


def _deliveries(issue: Issue, readers: Audience, picks: Picks) -> list[Delivery]:
    names = [uuid.UUID(bytes=row.tobytes()) for row in new_ids(readers.size)]
    rows = zip(names, readers.ids.tolist(), readers.lanes.tolist(), picks.packed(), strict=True)
    return [
        Delivery(
            public_id=name,
            issue=issue,
            subscriber_id=reader,
            lane=LANES[lane],
            packed_picks=packed,
            state=State.PENDING if packed else State.SKIPPED,
            error="" if packed else NO_PAPERS,
        )
        for name, reader, lane, packed in rows
    ]
