"""Pick papers for a block of readers, or for one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from newsletter.matching import units
from newsletter.matching.choosing import DEEPEST, choose
from newsletter.matching.pool import MOST_PAPERS, Pool
from newsletter.matching.readers import Ints, Pairs, Reader, Readers, block_of
from newsletter.matching.reasons import (
    FIRST_TOPIC,
    NEVER,
    TASTE,
    Follows,
    barred,
    find,
    follows,
    paper_of,
    reason_of,
    score_of,
    strangers,
)
from newsletter.picks import AGAIN, PACKED, RISES, Pick, Why, unpack

AT_ONCE = 4_000_000  # readers times papers in one go: what stays in the cache
LIKELY = 8  # one in so many of the papers that a reader must not get may be on his topic
SPARE = 4  # papers of a topic that are looked at beyond those that must be


@dataclass(frozen=True, slots=True)
class Picks:
    """Picks of a block, packed, reader after reader."""

    rows: NDArray[np.void]  # of dtype PACKED
    counts: Ints  # one for each reader

    def packed(self) -> list[bytes]:
        """Return what `Delivery.packed_picks` holds, for each reader."""
        ends = (np.cumsum(self.counts) * PACKED.itemsize).tolist()
        whole = self.rows.tobytes()
        return [whole[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def pick(reader: Reader, pool: Pool, *, outside: bool = False) -> list[Pick]:
    """Return one reader's papers, best first."""
    return unpack(pick_all(block_of([reader], pool), pool, outside=outside).packed()[0])


def pick_all(readers: Readers, pool: Pool, *, outside: bool = False, capped: bool = True) -> Picks:
    """Pick for every reader of a block.

    Phrases of the readers that `pool.hits` has not learnt count as found nowhere.

    Args:
        outside: the last place goes to the hottest paper that is nothing of the reader's.
        capped: no topic fills a mail; newsletter.trial asks what that changes.
    """
    step = max(AT_ONCE // max(pool.size, 1), 1)
    parts = [
        _pick_part(readers.part(start, start + step), pool, outside=outside, capped=capped)
        for start in range(0, readers.size, step)
    ]
    if not parts:
        return Picks(np.empty(0, PACKED), np.empty(0, np.int64))
    return Picks(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.counts for part in parts]),
    )


def _pick_part(readers: Readers, pool: Pool, *, outside: bool, capped: bool) -> Picks:
    readers = replace(readers, phrases=_found(readers.phrases, pool))
    out = barred(readers, pool)
    follow = follows(readers, pool)
    lengths = readers.lengths
    extra = np.full(readers.size, NEVER)
    if outside and pool.size:
        extra[lengths > 1] = strangers(readers, pool, follow=follow, out=out)[lengths > 1]
        lengths = lengths - (extra < NEVER)
    caps = _caps(readers) if capped else np.full(readers.size, MOST_PAPERS)
    keys = _choose(readers, pool, out=out, lengths=lengths, caps=caps)
    if outside:
        keys = _with_last(keys, extra)
    return _pack(keys, pool, follow, risen=readers.risen)


def _found(phrases: Pairs, pool: Pool) -> Pairs:
    """Leave out what no paper has: most of what readers look for."""
    is_found = pool.hits.counts(phrases.value) > 0
    return Pairs(phrases.reader[is_found], phrases.value[is_found])


def _choose(
    readers: Readers, pool: Pool, *, out: NDArray[np.bool_], lengths: Ints, caps: Ints
) -> Ints:
    """Look at the best of each topic, and further for whom that was not enough."""
    keys = np.full((readers.size, int(lengths.max(initial=0))), NEVER)
    few = lengths + out.sum(axis=1) // LIKELY + SPARE
    who = np.arange(readers.size)
    for deeper, times in ((2, 1), (8, 4), (DEEPEST, 0)):
        most = few[who] * times if times else None
        his = readers if who.size == readers.size else readers.only(who)
        depth = deeper * keys.shape[1] + SPARE
        found = choose(
            find(his, pool, out=out[who], most=most), lengths[who], caps[who], depth=depth
        )
        keys[who, : found.keys.shape[1]] = found.keys
        who = who[~found.is_sure]
        if not who.size:
            break
    return keys


def _caps(readers: Readers) -> Ints:
    """How many of a reader's papers may owe their place to one and the same topic.

    Three fifths, so that one topic does not fill the mail of who follows several.
    """
    his = readers.interests
    counts = np.bincount(his.reader[his.weight > 0], minlength=readers.size)
    return np.where(counts > 1, -(-readers.lengths * 3 // 5), MOST_PAPERS)


def _with_last(keys: Ints, extra: Ints) -> Ints:
    """Add one more paper to the readers who have any."""
    wider = np.full((keys.shape[0], keys.shape[1] + 1), NEVER)
    wider[:, :-1] = keys
    count = (keys < NEVER).sum(axis=1)
    who = np.flatnonzero(count)
    wider[who, count[who]] = extra[who]
    return wider


def _pack(keys: Ints, pool: Pool, follow: Follows, *, risen: Pairs) -> Picks:
    is_there = keys < NEVER
    reader, place = np.nonzero(is_there)
    chosen = keys[reader, place]
    paper, code = paper_of(chosen), reason_of(chosen)
    rows = np.zeros(chosen.size, PACKED)
    rows["paper"] = pool.paper_ids[paper]
    rows["score"] = score_of(chosen) / units.SCORE
    is_phrase, is_topic = code < FIRST_TOPIC, (code >= FIRST_TOPIC) & (code < TASTE)
    rows["why"] = np.select([code == TASTE, is_topic], [Why.TASTE, Why.TOPIC], Why.TREND)
    topic = np.where(is_topic, code - FIRST_TOPIC, -1)
    rows["reference"][is_topic] = pool.topic_ids[topic[is_topic]]
    wish = follow.starts[reader[is_phrase]] + code[is_phrase]
    rows["reference"][is_phrase] = follow.phrases.value[wish]
    is_author = pool.hits.is_author(follow.phrases.value[wish])
    rows["why"][is_phrase] = np.where(is_author, Why.AUTHOR, Why.KEYWORD)
    rows["also"] = _also(reader, paper, topic, pool=pool, follow=follow)
    rows["why"] |= pool.rises[paper] << RISES
    had = np.isin(reader * pool.size + paper, risen.reader * pool.size + risen.value)
    rows["why"][had] |= AGAIN
    return Picks(rows, is_there.sum(axis=1))


def _also(reader: Ints, paper: Ints, topic: Ints, *, pool: Pool, follow: Follows) -> Ints:
    """Return the best topic of the reader that is not `topic`; 0 if there is none."""
    topics, strengths = pool.topics_of_papers
    theirs = topics[paper]
    worth = follow.weights[reader[:, None], theirs] * strengths[paper]
    worth[theirs == topic[:, None]] = 0
    best = worth.argmax(axis=1)[:, None]
    if not pool.topic_ids.size:
        return np.zeros(paper.size, np.int64)
    found = pool.topic_ids[np.take_along_axis(theirs, best, axis=1)[:, 0]]
    is_any = np.take_along_axis(worth, best, axis=1)[:, 0] > 0
    return np.where(is_any & (found < 1 << 16), found, 0)
