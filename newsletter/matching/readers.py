"""What a block of readers wants, as arrays.  A reader is known by his position in the block."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from newsletter.matching import units
from newsletter.matching.pool import Pool
from papers import likeness

Ints = NDArray[np.int64]
TREND_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Reader:
    """What one reader wants."""

    subscriber_id: int
    interests: Mapping[int, float]  # topic id -> weight, 0..2; 1 is normal, 0 mutes
    length: int  # papers at most
    already_sent: Collection[int] = frozenset()  # paper ids
    trend_share: float = TREND_SHARE  # 0..1
    phrases: Collection[int] = frozenset()  # ids of keywords and authors that he looks for
    excluded: Collection[int] = frozenset()  # ids of those that he wants nothing of
    taste: bytes | None = None  # as papers.likeness writes it
    aversion: bytes | None = None  # the same for what he wants fewer of


def _no_rows() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows of (reader, something of his), by reader."""

    reader: Ints = field(default_factory=_no_rows)
    value: Ints = field(default_factory=_no_rows)

    def part(self, start: int, stop: int) -> Pairs:
        """Rows of the readers in [start, stop), who are counted from 0 again."""
        rows = slice(*np.searchsorted(self.reader, [start, stop]))
        return Pairs(self.reader[rows] - start, self.value[rows])

    def of(self, chosen: Ints) -> Pairs:
        """Rows of these readers, ascending, who are counted from 0 again."""
        at = np.minimum(np.searchsorted(chosen, self.reader), chosen.size - 1)
        mine = chosen[at] == self.reader
        return Pairs(at[mine], self.value[mine])


@dataclass(frozen=True, slots=True)
class Interests:
    """Rows of (reader, topic id, weight in hundredths), by reader."""

    reader: Ints = field(default_factory=_no_rows)
    topic_id: Ints = field(default_factory=_no_rows)
    weight: Ints = field(default_factory=_no_rows)


@dataclass(frozen=True, slots=True)
class Tastes:
    """The readers who have a taste, and the whole numbers of it."""

    reader: Ints = field(default_factory=_no_rows)
    likeness: NDArray[np.float32] = field(
        default_factory=lambda: np.empty((0, likeness.NUMBERS), np.float32)
    )

    def part(self, start: int, stop: int) -> Tastes:
        """Those of the readers in [start, stop), who are counted from 0 again."""
        rows = slice(*np.searchsorted(self.reader, [start, stop]))
        return Tastes(self.reader[rows] - start, self.likeness[rows])

    def of(self, chosen: Ints) -> Tastes:
        """Those of these readers, ascending, who are counted from 0 again."""
        rows = Pairs(self.reader, np.arange(self.reader.size)).of(chosen)
        return Tastes(rows.reader, self.likeness[rows.value])


@dataclass(frozen=True, slots=True)
class Readers:
    """A block of readers."""

    lengths: Ints
    shares: Ints  # of the trend, in hundredths
    interests: Interests = field(default_factory=Interests)
    phrases: Pairs = field(default_factory=Pairs)  # ids that he looks for; by reader, then id
    excluded: Pairs = field(default_factory=Pairs)  # ids that he wants nothing of
    sent: Pairs = field(default_factory=Pairs)  # positions of candidates
    risen: Pairs = field(default_factory=Pairs)  # of those that he had, and that rose since
    tastes: Tastes = field(default_factory=Tastes)
    aversions: Tastes = field(default_factory=Tastes)

    @property
    def size(self) -> int:
        return int(self.lengths.size)

    def part(self, start: int, stop: int) -> Readers:
        """The readers in [start, stop), counted from 0 again."""
        his = slice(*np.searchsorted(self.interests.reader, [start, stop]))
        interests = self.interests
        return Readers(
            lengths=self.lengths[start:stop],
            shares=self.shares[start:stop],
            interests=Interests(
                interests.reader[his] - start, interests.topic_id[his], interests.weight[his]
            ),
            phrases=self.phrases.part(start, stop),
            excluded=self.excluded.part(start, stop),
            sent=self.sent.part(start, stop),
            risen=self.risen.part(start, stop),
            tastes=self.tastes.part(start, stop),
            aversions=self.aversions.part(start, stop),
        )

    def only(self, chosen: Ints) -> Readers:
        """These readers, given in ascending order, counted from 0 again."""
        rows = Pairs(self.interests.reader, np.arange(self.interests.reader.size)).of(chosen)
        return Readers(
            lengths=self.lengths[chosen],
            shares=self.shares[chosen],
            interests=Interests(
                rows.reader,
                self.interests.topic_id[rows.value],
                self.interests.weight[rows.value],
            ),
            phrases=self.phrases.of(chosen),
            excluded=self.excluded.of(chosen),
            sent=self.sent.of(chosen),
            risen=self.risen.of(chosen),
            tastes=self.tastes.of(chosen),
            aversions=self.aversions.of(chosen),
        )


def block_of(readers: Sequence[Reader], pool: Pool) -> Readers:
    """Make a block of readers who are given one by one."""
    interests = [
        (position, topic, weight)
        for position, reader in enumerate(readers)
        for topic, weight in sorted(reader.interests.items())
    ]
    sent = _pairs([reader.already_sent for reader in readers])
    found = pool.positions(sent.value)
    return Readers(
        lengths=np.array([reader.length for reader in readers], np.int64),
        shares=units.shares([reader.trend_share for reader in readers]),
        interests=Interests(
            np.array([row[0] for row in interests], np.int64),
            np.array([row[1] for row in interests], np.int64),
            units.weights([row[2] for row in interests]),
        ),
        phrases=_pairs([reader.phrases for reader in readers]),
        excluded=_pairs([reader.excluded for reader in readers]),
        sent=Pairs(sent.reader[found >= 0], found[found >= 0]),
        tastes=tastes_of([reader.taste for reader in readers]),
        aversions=tastes_of([reader.aversion for reader in readers]),
    )


def tastes_of(packed: Sequence[bytes | None]) -> Tastes:
    """Read the tastes of readers; who has none of this version has none."""
    who = [n for n, taste in enumerate(packed) if len(taste or b"") == likeness.SIZE]
    is_current, rows = likeness.table(b"".join(packed[n] or b"" for n in who))
    return Tastes(np.array(who, np.int64)[is_current], rows.astype(np.float32))


def _pairs(values: Sequence[Collection[int]]) -> Pairs:
    counts = np.array([len(his) for his in values], np.int64)
    flat = np.array([*chain.from_iterable(map(sorted, values))], np.int64)
    return Pairs(np.repeat(np.arange(counts.size), counts), flat)
