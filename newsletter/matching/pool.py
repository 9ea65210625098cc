"""The papers that may be sent, as arrays.  A paper is known by its position, hottest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from newsletter.matching import units
from newsletter.matching.phrases import Hits, Index, Text
from papers import likeness, vectors

MOST_PAPERS = 1 << 14
MOST_TOPICS = 700
NO_TEXT = Text()
NO_ALIASES: Mapping[int, int] = {}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper that may be sent."""

    paper_id: int
    trend: float  # 0..1
    topics: Mapping[int, float]  # topic id -> strength, 0 < strength <= 1
    text: Text = NO_TEXT
    vector: bytes | None = None  # as papers.vectors writes it
    rises: int = 0  # how often a list named it anew, 0..15
    may_return: bool = False  # also to readers who had it before it rose last


@dataclass(frozen=True, slots=True)
class About:
    """Which paper is about which topic: one row each, by topic, then by paper."""

    topic: NDArray[np.int64]  # position in Pool.topic_ids
    paper: NDArray[np.int64]
    strength: NDArray[np.int64]  # thousandths
    starts: NDArray[np.int64]  # topic -> its first row; one more at the end


@dataclass(frozen=True)
class Pool:
    """Candidates, and what was found out about them so far."""

    paper_ids: NDArray[np.int64]
    trends: NDArray[np.int64]  # on the scale of a match
    topic_ids: NDArray[np.int64]  # ascending
    about: About
    vectors: NDArray[np.float32]  # one row a paper, of whole numbers; zeros if there is none
    index: Index
    rises: NDArray[np.uint8]
    may_return: NDArray[np.bool_]
    # Other ids of candidates, which count as sent with them: rows of (id, position).
    aliases: tuple[NDArray[np.int64], NDArray[np.int64]]
    hits: Hits = field(default_factory=Hits)

    @classmethod
    def of(cls, candidates: Sequence[Candidate], aliases: Mapping[int, int] = NO_ALIASES) -> Pool:
        """Take candidates, hottest first; raise `ValueError` if there are too many.

        Args:
            aliases: another id -> the id of the candidate that is the same paper.
        """
        rows = [
            (topic, position, strength)
            for position, candidate in enumerate(candidates)
            for topic, strength in candidate.topics.items()
        ]
        topic_ids = np.unique(np.array([row[0] for row in rows], np.int64))
        if len(candidates) > MOST_PAPERS or topic_ids.size > MOST_TOPICS:
            raise ValueError(f"{len(candidates)} papers on {topic_ids.size} topics are too many")
        return cls(
            paper_ids=np.array([candidate.paper_id for candidate in candidates], np.int64),
            trends=units.trends([candidate.trend for candidate in candidates]),
            topic_ids=topic_ids,
            about=_about(rows, topic_ids),
            vectors=_vectors(candidates),
            index=Index([candidate.text for candidate in candidates]),
            rises=np.array([candidate.rises for candidate in candidates], np.uint8),
            may_return=np.array([candidate.may_return for candidate in candidates], np.bool_),
            aliases=_aliases(aliases, [candidate.paper_id for candidate in candidates]),
        )

    @property
    def size(self) -> int:
        return int(self.paper_ids.size)

    @cached_property
    def is_about(self) -> NDArray[np.float32]:
        """Topics by papers: 1 where the paper is about the topic, else 0."""
        table = np.zeros((self.topic_ids.size, self.size), np.float32)
        table[self.about.topic, self.about.paper] = 1
        return table

    @cached_property
    def topics_of_papers(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Papers by topics: positions, ascending, and strengths; strength 0 where none is left."""
        order = np.argsort(self.about.paper, kind="stable")
        counts = np.bincount(self.about.paper, minlength=self.size)
        column = np.arange(order.size) - np.repeat(np.cumsum(counts) - counts, counts)
        shape = self.size, int(counts.max(initial=1))
        topics, strengths = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        at = self.about.paper[order], column
        topics[at], strengths[at] = self.about.topic[order], self.about.strength[order]
        return topics, strengths

    @cached_property
    def all_ids(self) -> NDArray[np.int64]:
        """The ids of the candidates in their order, then their other ids."""
        return np.concatenate([self.paper_ids, self.aliases[0]])

    def candidate(self, row: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which candidates rows of `all_ids` are."""
        return np.concatenate([np.arange(self.size), self.aliases[1]])[row]

    def positions(self, paper_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where these papers are; -1 for one that is no candidate."""
        order = np.argsort(self.all_ids)
        if not order.size:
            return np.full(paper_ids.size, -1)
        at = np.minimum(np.searchsorted(self.all_ids, paper_ids, sorter=order), order.size - 1)
        found = order[at]
        return np.where(self.all_ids[found] == paper_ids, self.candidate(found), -1)


def _vectors(candidates: Sequence[Candidate]) -> NDArray[np.float32]:
    """Products with tastes are exact in any order of sums.

    A taste is at most 250 * 127 long and a row about 180: below 2 ** 24, up to which float32
    is exact.
    """
    rows = vectors.table([candidate.vector for candidate in candidates])
    return likeness.with_constant(rows).astype(np.float32)


def _aliases(
    aliases: Mapping[int, int], paper_ids: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    at = {paper_id: position for position, paper_id in enumerate(paper_ids)}
    positions = [at[paper_id] for paper_id in aliases.values()]
    return np.array([*aliases], np.int64), np.array(positions, np.int64)


def _about(rows: Iterable[tuple[int, int, float]], topic_ids: NDArray[np.int64]) -> About:
    ordered = sorted(rows)
    topic = np.searchsorted(topic_ids, np.array([row[0] for row in ordered], np.int64))
    return About(
        topic=topic,
        paper=np.array([row[1] for row in ordered], np.int64),
        strength=units.strengths([row[2] for row in ordered]),
        starts=np.searchsorted(topic, np.arange(topic_ids.size + 1)),
    )
