"""Every reason that a paper is one for a reader, as one number; the smallest is the best.

    25 bits: MOST_SCORE - score    14 bits: position of the paper    10 bits: the reason

So hotter papers win ties, and of two reasons for one paper that are worth the same the first
of: an author, a keyword, a topic, a taste.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from newsletter.matching import units
from newsletter.matching.phrases import Hits
from newsletter.matching.pool import Pool
from newsletter.matching.readers import Ints, Pairs, Readers

PAPER_BITS, REASON_BITS = 14, 10
NEVER = np.int64(1) << 62  # worse than any reason
# 0.. is one of the reader's phrases, in his own order; then topics by their position.
FIRST_TOPIC, TASTE, TREND = 256, 1000, 1001
ROUNDED = 2  # of a product with a taste; more than float32 loses of what is below 2 ** 21


@dataclass(frozen=True, slots=True)
class Reasons:
    """Rows of (reader, key), by reader in each of `parts`.

    `cut` is for each reader the best key that may have been left out; NEVER if none was.
    """

    parts: list[tuple[Ints, Ints]]
    cut: Ints


@dataclass(frozen=True, slots=True)
class Follows:
    """What is followed in a part of a block, in forms for looking up."""

    weights: Ints  # readers by topics and one column of zeros, in hundredths
    phrases: Pairs  # authors first
    starts: Ints  # reader -> his first row of `phrases`


def key_of(score: Ints, paper: Ints, reason: Ints | int) -> Ints:
    better = (units.MOST_SCORE - score) << (PAPER_BITS + REASON_BITS)
    return better | paper << REASON_BITS | reason


def paper_of(key: Ints) -> Ints:
    return key >> REASON_BITS & ((1 << PAPER_BITS) - 1)


def reason_of(key: Ints) -> Ints:
    return key & ((1 << REASON_BITS) - 1)


def score_of(key: Ints) -> Ints:
    return units.MOST_SCORE - (key >> (PAPER_BITS + REASON_BITS))


def follows(readers: Readers, pool: Pool) -> Follows:
    """Look up the topics and phrases of readers."""
    his = readers.interests
    column, is_known = _columns(his.topic_id, pool)
    weights = np.zeros((readers.size, pool.topic_ids.size + 1), np.int64)
    weights[his.reader[is_known], column[is_known]] = his.weight[is_known]
    phrases = _authors_first(readers.phrases, pool.hits)
    starts = np.searchsorted(phrases.reader, np.arange(readers.size))
    return Follows(weights, phrases, starts)


def barred(readers: Readers, pool: Pool) -> NDArray[np.bool_]:
    """Readers by papers: True for what a reader must not get.

    He had it, muted its topic, excluded a phrase of it, or wants fewer like it.
    """
    table = np.zeros((readers.size, pool.size), np.bool_)
    table[readers.sent.reader, readers.sent.value] = True
    rows, papers = pool.hits.expand(readers.excluded.value)
    table[readers.excluded.reader[rows], papers] = True
    averse = readers.aversions
    if averse.reader.size:
        table[averse.reader] |= averse.likeness @ pool.vectors.T >= units.ALIKE
    his = readers.interests
    column, is_known = _columns(his.topic_id, pool)
    is_muted = is_known & (his.weight == 0)
    if is_muted.any():
        who, at = np.unique(his.reader[is_muted], return_inverse=True)
        muted = np.zeros((who.size, pool.topic_ids.size), np.float32)
        muted[at, column[is_muted]] = 1
        table[who] |= muted @ pool.is_about > 0
    return table


def find(readers: Readers, pool: Pool, *, out: NDArray[np.bool_], most: Ints | None) -> Reasons:
    """Find the reasons for papers that are not `out`.

    Args:
        most: for each reader, how many papers of one topic are looked at; None for all.
    """
    topics, cut = _of_topics(readers, pool, most)
    parts = topics, _of_phrases(readers, pool), _of_tastes(readers, pool, cut)
    return Reasons([_without(part, out) for part in parts], cut)


def _without(part: tuple[Ints, Ints], out: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    reader, keys = part
    stays = ~out[reader, paper_of(keys)]
    return reader[stays], keys[stays]


def _of_topics(readers: Readers, pool: Pool, most: Ints | None) -> tuple[tuple[Ints, Ints], Ints]:
    """Take the papers of each topic that a reader follows from a list that is in order.

    Readers who give a topic the same weight and the trend the same share use one list.
    """
    his = readers.interests
    column, is_known = _columns(his.topic_id, pool)
    rows = np.flatnonzero(is_known & (his.weight > 0))
    reader = his.reader[rows]
    kind = (readers.shares[reader] * 256 + his.weight[rows]) * pool.topic_ids.size + column[rows]
    kinds, which = np.unique(kind, return_inverse=True)
    keys, starts = _lists(kinds, pool)
    sizes = np.diff(starts)[which]
    taken = sizes if most is None else np.minimum(sizes, most[reader])
    cut = np.full(readers.size, NEVER)
    is_cut = taken < sizes
    np.minimum.at(cut, reader[is_cut], keys[(starts[which] + taken)[is_cut]])
    before = np.cumsum(taken) - taken
    at = np.repeat(starts[which] - before, taken) + np.arange(taken.sum())
    return (np.repeat(reader, taken), keys[at]), cut


def _lists(kinds: Ints, pool: Pool) -> tuple[Ints, Ints]:
    """Return the keys of each (share, weight, topic), best first, and where each list starts."""
    topic = kinds % max(pool.topic_ids.size, 1)
    weight, share = np.divmod(kinds // max(pool.topic_ids.size, 1), 256)[::-1]
    sizes = np.diff(pool.about.starts)[topic]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    row = np.repeat(pool.about.starts[topic] - starts[:-1], sizes) + np.arange(starts[-1])
    which = np.repeat(np.arange(kinds.size), sizes)
    paper = pool.about.paper[row]
    match = weight[which] * pool.about.strength[row]
    keys = key_of(
        _scores(match, share[which], pool.trends[paper]), paper, FIRST_TOPIC + topic[which]
    )
    order = np.lexsort((keys, which))
    return keys[order], starts


def strangers(readers: Readers, pool: Pool, *, follow: Follows, out: NDArray[np.bool_]) -> Ints:
    """Return for each reader the key of the hottest paper that has no reason; NEVER if none."""
    is_known = out | ((follow.weights[:, :-1] > 0).astype(np.float32) @ pool.is_about > 0)
    everything = np.full(readers.size, NEVER)
    for reader, keys in (_of_phrases(readers, pool), _of_tastes(readers, pool, everything)):
        is_known[reader, paper_of(keys)] = True
    paper = is_known.argmin(axis=1)
    is_any = ~is_known[np.arange(readers.size), paper]
    keys = key_of(readers.shares * pool.trends[paper], paper, TREND)
    return np.where(is_any, keys, NEVER)


def _of_phrases(readers: Readers, pool: Pool) -> tuple[Ints, Ints]:
    phrases = _authors_first(readers.phrases, pool.hits)
    rows, paper = pool.hits.expand(phrases.value)
    reader = phrases.reader[rows]
    place = rows - np.searchsorted(phrases.reader, reader)
    is_author = pool.hits.is_author(phrases.value)[rows]
    worth = np.where(is_author, units.AUTHOR_WORTH, units.FULL)
    score = _scores(worth, readers.shares[reader], pool.trends[paper])
    is_named = place < FIRST_TOPIC
    return reader[is_named], key_of(score, paper.astype(np.int64), place)[is_named]


def _of_tastes(readers: Readers, pool: Pool, cut: Ints) -> tuple[Ints, Ints]:
    """Leave out what is worse than `cut`, as most of what is like a reader's taste is."""
    nearness = readers.tastes.likeness @ pool.vectors.T
    row, paper = np.nonzero(nearness >= _least_nearness(readers, pool, cut))
    reader = readers.tastes.reader[row]
    worth = nearness[row, paper].astype(np.int64) * units.FULL // units.LIKE
    worth = np.minimum(worth, units.MOST_MATCH)
    return reader, key_of(_scores(worth, readers.shares[reader], pool.trends[paper]), paper, TASTE)


def _least_nearness(readers: Readers, pool: Pool, cut: Ints) -> NDArray[np.float32]:
    """Return for readers with a taste and papers which nearness is worth as much as `cut`.

    It is a little less, for it is rounded, but never less than `ALIKE`.
    """
    reader = readers.tastes.reader
    share = readers.shares[reader]
    each = (100 - share) * units.FULL / units.LIKE  # what a nearness of 1 is worth
    score = np.where(cut[reader] < NEVER, score_of(cut[reader]), 0)
    least = np.multiply.outer((-share / each).astype(np.float32), pool.trends.astype(np.float32))
    least += (score / each - ROUNDED).astype(np.float32)[:, None]
    return np.maximum(least, units.ALIKE, out=least)


def _scores(match: Ints, share: Ints, trend: Ints) -> Ints:
    return (100 - share) * match + share * trend


def _columns(topic_ids: Ints, pool: Pool) -> tuple[Ints, NDArray[np.bool_]]:
    """Return positions of topics, and whether any candidate is about them."""
    if not pool.topic_ids.size:
        return np.zeros(topic_ids.size, np.int64), np.zeros(topic_ids.size, np.bool_)
    at = np.minimum(np.searchsorted(pool.topic_ids, topic_ids), pool.topic_ids.size - 1)
    return at, pool.topic_ids[at] == topic_ids


def _authors_first(phrases: Pairs, hits: Hits) -> Pairs:
    order = np.argsort(phrases.reader * 2 + ~hits.is_author(phrases.value), kind="stable")
    return Pairs(phrases.reader[order], phrases.value[order])
