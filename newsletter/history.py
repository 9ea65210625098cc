"""Which papers a reader was sent, in two bytes each: the rows of `Sent`.

Block b holds the papers from b * 4096 on; `papers` are their distances from there, little-endian
numbers of two bytes, in the order in which they were sent.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from newsletter import arrays
from newsletter.matching.readers import Pairs
from newsletter.picks import PACKED
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


def append(readers: Ints, papers: Ints) -> None:
    """Add pairs of a reader's id and a paper's id to `Sent`."""
    if not readers.size:
        return
    blocks = papers >> BLOCK_BITS
    order = np.lexsort((blocks, readers))
    readers, blocks = readers[order], blocks[order]
    whole = (papers[order] & (BLOCK - 1)).astype("<u2").tobytes()
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


def load(ids: Ints, paper_ids: Ints, *, on_the_way: Ints) -> Pairs:
    """Return which of these papers each reader was sent, or may still get.

    Args:
        ids: of subscribers, ascending.
        paper_ids: the candidates, in the order of their positions.
        on_the_way: issues whose mails may still arrive.

    Returns:
        Rows of (position in `ids`, position in `paper_ids`), by reader; some of them twice.
    """
    if not paper_ids.size or not ids.size:
        return Pairs()
    # First what is on the way: what arrives in between is then found twice, and not missed.
    readers, papers = _coming(ids, on_the_way)
    earlier, gone = _gone(ids, np.unique(paper_ids >> BLOCK_BITS))
    reader = np.searchsorted(ids, np.concatenate([readers, earlier]))
    paper = _positions(np.concatenate([papers, gone]), paper_ids)
    is_candidate = paper >= 0
    reader, paper = reader[is_candidate], paper[is_candidate]
    order = np.argsort(reader, kind="stable")
    return Pairs(reader[order], paper[order])


def _coming(ids: Ints, issues: Ints) -> tuple[Ints, Ints]:
    if not issues.size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    readers, param = among.condition("subscriber_id", ids.tolist())
    chosen, issue_param = among.condition("issue_id", issues.tolist())
    states = ", ".join(["%s"] * len(ON_THE_WAY))
    condition = f"{readers} AND {chosen} AND state IN ({states})"
    return _picked(condition, [param, issue_param, *map(str, ON_THE_WAY)])


def _picked(condition: str, params: list[Any]) -> tuple[Ints, Ints]:
    dtypes = {"reader": "i8", "size": "i4", "picks": arrays.JOINED}
    found = arrays.read(PICKED.format(condition=condition), params, dtypes)
    papers = np.frombuffer(found["picks"], PACKED)["paper"].astype(np.int64)
    return np.repeat(found["reader"], found["size"] // PACKED.itemsize), papers


def _gone(ids: Ints, blocks: Ints) -> tuple[Ints, Ints]:
    chosen, param = among.condition("subscriber_id", ids.tolist())
    sql = SENT.format(among=chosen, blocks=", ".join(map(str, blocks.tolist())))
    dtypes = {"reader": "i8", "block": "i4", "size": "i4", "papers": arrays.JOINED}
    found = arrays.read(sql, [param], dtypes)
    counts = found["size"] // 2
    first = found["block"].astype(np.int64) << BLOCK_BITS
    papers = np.frombuffer(found["papers"], "<u2") + np.repeat(first, counts)
    return np.repeat(found["reader"], counts), papers


def _positions(papers: Ints, paper_ids: Ints) -> Ints:
    """Return positions of candidates, -1 for other papers; by a table over the span of ids."""
    first = int(paper_ids.min())
    table = np.full(int(paper_ids.max()) - first + 2, -1, np.int32)
    table[paper_ids - first] = np.arange(paper_ids.size)
    at = papers - first
    at[(at < 0) | (at >= table.size)] = table.size - 1
    return table[at].astype(np.int64)
