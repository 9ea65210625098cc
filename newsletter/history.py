"""Which papers a reader was sent, in two bytes each: the rows of `Sent`.

Block b holds the papers from b * 4096 on; `papers` are their distances from there, little-endian
numbers of two bytes, in the order in which they were sent.  Their upper four bits are
`Paper.rises` of then.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from newsletter import arrays
from newsletter.matching.pool import Pool
from newsletter.matching.readers import Pairs
from newsletter.picks import PACKED, rises_of
from subscriptions import among
from subscriptions.ledger import MAY_ARRIVE
from subscriptions.verdicts import State

Ints = NDArray[np.int64]
BLOCK_BITS = 12
BLOCK = 1 << BLOCK_BITS
# States of mails whose papers count as sent, though `Sent` does not have them yet.
ON_THE_WAY = [state for state in MAY_ARRIVE if state != State.ACCEPTED]

SENT = """
    SELECT subscriber_id AS reader, block, CAST(length(papers) AS integer) AS size, papers
    FROM newsletter_sent WHERE {among} AND block IN ({blocks})"""
PICKED = """
    SELECT subscriber_id AS reader, CAST(length(packed_picks) AS integer) AS size,
           packed_picks AS picks
    FROM newsletter_delivery WHERE {condition}"""
# A reader who is erased at this moment is left out, and not waited for by anybody else.
APPEND_ON_POSTGRES = """
    INSERT INTO newsletter_sent (subscriber_id, block, papers)
    SELECT added.reader, added.block, added.papers
    FROM unnest(%s::bigint[], %s::integer[], %s::bytea[]) AS added (reader, block, papers)
    JOIN subscriptions_subscriber AS kept ON kept.id = added.reader
    FOR KEY SHARE OF kept
    ON CONFLICT (subscriber_id, block)
    DO UPDATE SET papers = newsletter_sent.papers || excluded.papers"""
APPEND_ON_SQLITE = """
    INSERT INTO newsletter_sent (subscriber_id, block, papers)
    SELECT id, %s, %s FROM subscriptions_subscriber WHERE id = %s
    ON CONFLICT (subscriber_id, block)
    DO UPDATE SET papers = CAST(papers || excluded.papers AS BLOB)"""


def record(delivery_ids: Collection[int]) -> None:
    """Note that the papers of these deliveries were sent, once for each delivery.

    Call it in the transaction that records that they were accepted.
    """
    condition, param = among.condition("id", sorted(delivery_ids))
    append(*_picked(f"{condition} AND subscriber_id IS NOT NULL", [param]))


def append(readers: Ints, papers: Ints, rises: Ints | int = 0) -> None:
    """Add a reader's id, a paper's id, and how often it had risen, to `Sent`."""
    if not readers.size:
        return
    blocks = papers >> BLOCK_BITS
    order = np.lexsort((blocks, readers))
    readers, blocks = readers[order], blocks[order]
    whole = (
        (papers[order] & (BLOCK - 1) | np.broadcast_to(rises, papers.shape)[order] << BLOCK_BITS)
        .astype("<u2")
        .tobytes()
    )
    is_new = (np.diff(readers, prepend=-1) != 0) | (np.diff(blocks, prepend=-1) != 0)
    starts = np.flatnonzero(is_new)
    ends = np.append(starts[1:], readers.size)
    parts = [whole[2 * a : 2 * b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    who, where = readers[starts].tolist(), blocks[starts].tolist()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            coded = ",".join(f'"\\\\x{part.hex()}"' for part in parts)
            params = [among.array(who), among.array(where), f"{{{coded}}}"]
            cursor.execute(APPEND_ON_POSTGRES, params)
        else:
            cursor.executemany(APPEND_ON_SQLITE, list(zip(where, parts, who, strict=True)))


def offsets(papers: bytes | memoryview) -> Ints:
    """Return the distances from the beginning of its block of what a row of `Sent` holds."""
    return np.frombuffer(papers, "<u2").astype(np.int64) & (BLOCK - 1)


def load(ids: Ints, pool: Pool, *, on_the_way: Ints) -> tuple[Pairs, Pairs]:
    """Return which candidates each reader was sent, or may still get.

    Args:
        ids: of subscribers, ascending.
        on_the_way: issues whose mails may still arrive.

    Returns:
        Rows of (position in `ids`, position of the candidate), by reader, some of them twice:
        first those that he must not get, then those that rose since and may come again.  If
        he had one before it rose and after, it is in both.
    """
    paper_ids = pool.all_ids
    if not paper_ids.size or not ids.size:
        return Pairs(), Pairs()
    # First what is on the way: what arrives in between is then found twice, and not missed.
    coming, gone = _coming(ids, on_the_way), _gone(ids, np.unique(paper_ids >> BLOCK_BITS))
    reader, paper, rises = (np.concatenate(both) for both in zip(coming, gone, strict=True))
    reader, row = np.searchsorted(ids, reader), _positions(paper, paper_ids)
    order = np.argsort(reader, kind="stable")
    order = order[row[order] >= 0]
    reader, row, rises = reader[order], row[order], rises[order]
    paper = pool.candidate(row)
    # Another id of the same paper has lists of its own, which are not counted here.
    may_return = pool.may_return[paper] & (rises < pool.rises[paper]) & (row < pool.size)
    return (
        Pairs(reader[~may_return], paper[~may_return]),
        Pairs(reader[may_return], paper[may_return]),
    )


def _coming(ids: Ints, issues: Ints) -> tuple[Ints, Ints, Ints]:
    if not issues.size:
        return (np.empty(0, np.int64),) * 3
    readers, param = among.condition("subscriber_id", ids.tolist())
    chosen, issue_param = among.condition("issue_id", issues.tolist())
    states = ", ".join(["%s"] * len(ON_THE_WAY))
    condition = f"{readers} AND {chosen} AND state IN ({states})"
    return _picked(condition, [param, issue_param, *map(str, ON_THE_WAY)])


def _picked(condition: str, params: list[Any]) -> tuple[Ints, Ints, Ints]:
    """Return rows of reader, paper, and how often that had risen."""
    dtypes = {"reader": "i8", "size": "i4", "picks": arrays.JOINED}
    found = arrays.read(PICKED.format(condition=condition), params, dtypes)
    picks = np.frombuffer(found["picks"], PACKED)
    readers = np.repeat(found["reader"], found["size"] // PACKED.itemsize)
    return readers, picks["paper"].astype(np.int64), rises_of(picks)


def _gone(ids: Ints, blocks: Ints) -> tuple[Ints, Ints, Ints]:
    chosen, param = among.condition("subscriber_id", ids.tolist())
    sql = SENT.format(among=chosen, blocks=", ".join(map(str, blocks.tolist())))
    dtypes = {"reader": "i8", "block": "i4", "size": "i4", "papers": arrays.JOINED}
    found = arrays.read(sql, [param], dtypes)
    counts = found["size"] // 2
    first = found["block"].astype(np.int64) << BLOCK_BITS
    papers = offsets(found["papers"]) + np.repeat(first, counts)
    rises = np.frombuffer(found["papers"], "<u2").astype(np.int64) >> BLOCK_BITS
    return np.repeat(found["reader"], counts), papers, rises


def _positions(papers: Ints, paper_ids: Ints) -> Ints:
    """Return positions of candidates, -1 for other papers; by a table over the span of ids."""
    first = int(paper_ids.min())
    table = np.full(int(paper_ids.max()) - first + 2, -1, np.int32)
    table[paper_ids - first] = np.arange(paper_ids.size)
    at = papers - first
    at[(at < 0) | (at >= table.size)] = table.size - 1
    return table[at].astype(np.int64)
