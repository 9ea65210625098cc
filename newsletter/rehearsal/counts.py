"""How many papers do how many readers get, and who gets none?  Pure: numpy and no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsletter.matching.block import Picks
from newsletter.matching.pool import Pool
from newsletter.matching.readers import Readers
from newsletter.picks import AGAIN
from subscriptions.lanes import LANES

Ints = NDArray[np.int64]
MOST_SHOWN = 100  # papers, and topics, that the result names


def _none() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(slots=True)
class Counts:
    """Sums over the blocks so far; no row of it is about one reader."""

    readers: Ints = field(default_factory=_none)  # [n]: who get n papers
    papers: Ints = field(default_factory=_none)  # [position in the pool]: who get it
    again: int = 0  # papers that somebody had before they rose
    few: int = 0  # readers who get some papers, and fewer than half of what they wish
    lanes: Ints = field(default_factory=_none)  # [position in LANES]: mails
    topics: dict[int, int] = field(default_factory=dict)  # id -> followers without any paper
    topicless: int = 0  # readers without any paper who follow no topic

    def add(self, wanted: Readers, picks: Picks, *, lanes: Ints, pool: Pool) -> None:
        """Count a block.

        Args:
            lanes: of each reader, a position in LANES.
        """
        has_any = picks.counts > 0
        self.readers = _sum(self.readers, np.bincount(picks.counts))
        positions = pool.positions(picks.rows["paper"].astype(np.int64))
        self.papers = _sum(self.papers, np.bincount(positions, minlength=pool.size))
        self.again += int(np.count_nonzero(picks.rows["why"] & AGAIN))
        self.few += int(np.count_nonzero(has_any & (2 * picks.counts < wanted.lengths)))
        self.lanes = _sum(self.lanes, np.bincount(lanes[has_any], minlength=len(LANES)))
        self._add_topics(wanted, has_any)

    def _add_topics(self, wanted: Readers, has_any: NDArray[np.bool_]) -> None:
        his = wanted.interests
        is_lost = (his.weight > 0) & ~has_any[his.reader]
        topics, counts = np.unique(his.topic_id[is_lost], return_counts=True)
        for topic, count in zip(topics.tolist(), counts.tolist(), strict=True):
            self.topics[topic] = self.topics.get(topic, 0) + count
        followers = np.unique(his.reader[is_lost]).size
        self.topicless += int(np.count_nonzero(~has_any)) - followers

    @property
    def recipients(self) -> int:
        return int(self.readers[1:].sum())

    @property
    def skipped(self) -> int:
        return int(self.readers[:1].sum())

    def by_lane(self) -> dict[str, int]:
        """Lane -> mails; only those that there are."""
        return {
            lane: count for lane, count in zip(LANES, self.lanes.tolist(), strict=False) if count
        }

    def summary(self, pool: Pool) -> dict[str, Any]:
        """Return what `Rehearsal.result` holds of these: numbers, and ids of papers and topics."""
        order = np.argsort(-self.papers, kind="stable")[:MOST_SHOWN]
        order = order[self.papers[order] > 0]
        lost = sorted(self.topics.items(), key=lambda found: (-found[1], found[0]))
        return {
            "recipients": self.recipients,
            "skipped": self.skipped,
            "few": self.few,
            "again": self.again,
            "readers": self.readers.tolist(),
            "candidates": pool.size,
            "unsent": pool.size - int(np.count_nonzero(self.papers)),
            "papers": [[int(pool.paper_ids[at]), int(self.papers[at])] for at in order],
            "topics": [list(found) for found in lost[:MOST_SHOWN]],
            "topicless": self.topicless,
            "lanes": self.by_lane(),
        }


def _sum(one: Ints, other: Ints) -> Ints:
    """Add two arrays of which the shorter one ends in zeros."""
    size = max(one.size, other.size)
    total: Ints = np.pad(one, (0, size - one.size)) + np.pad(other, (0, size - other.size))
    return total
