"""Who likes what, and which later papers are then put in order for him.  Pure.

- A simulated reader cares about one interest.  A paper is relevant for him if its labels say
  so: keywords that its list gave, or its arXiv categories.  Matching sees title and abstract
  only.
- Time is split, never shuffled: what he likes was listed before a day, and what is put in order
  was listed from that day on.  Without a day, the last third of the pools is put in order.
- A pool is a week of lists; of arXiv's metadata, which tells only the month, 111 papers one
  after the other.  Pools of fewer than 20 papers are left out, and so are papers without labels.
- For each interest there are five readers, who like 1, 3, 10 and 30 papers: the first ones of
  a shuffled row of the relevant papers before the day.  Who finds fewer is left out.
- "Usual" papers are the newest 1,000 before the day, as on a site.
- Readers for whom a pool has nothing relevant are left out there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from newsletter.trial import interests, measures
from newsletter.trial.records import Record
from papers import likeness, vectors

LIKES = (1, 3, 10, 30)
READERS = 5  # for each interest
PER_POOL, FEWEST = 111, 20  # papers
USUAL = 1000

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trial:
    """Papers before a day, and pools of papers from that day on."""

    records: list[Record]
    vectors: NDArray[np.int8]  # one row for each record
    names: list[str]  # of interests
    is_about: NDArray[np.bool_]  # records by interests
    since: date
    pools: list[Ints]  # positions of records

    @property
    def before(self) -> Ints:
        """Positions of the papers that may be liked."""
        return np.flatnonzero([record.day < self.since for record in self.records])

    def usual(self) -> NDArray[np.int8]:
        return self.vectors[self.before[-USUAL:]]


@dataclass(frozen=True, slots=True)
class Reader:
    """What one simulated reader cares about, and what he likes."""

    interest: int
    likes: Ints  # positions of records, as many as the most that is asked for


def arrange(records: Sequence[Record], *, since: date | None = None) -> Trial:
    """Make a trial of papers in any order; raise `ValueError` if there are too few."""
    kept, labels = _labelled(sorted(records, key=lambda paper: (paper.day, paper.id)))
    groups = _pools(kept)
    if since is None:
        later = groups[-max(len(groups) // 3, 1) :]
        since = kept[later[0][0]].day if later else date.max
    pools = [pool for pool in groups if kept[pool[0]].day >= since]
    names = sorted({name for his in labels for name in his})
    is_about = np.array([[name in his for name in names] for his in labels], np.bool_)
    made = Trial(
        records=kept,
        vectors=np.array([vectors.vector(one.title, one.abstract) for one in kept], np.int8),
        names=names,
        is_about=is_about.reshape(len(kept), len(names)),
        since=since,
        pools=pools,
    )
    if not pools or not made.before.size:
        raise ValueError(f"{len(kept)} papers with labels are too few before and from {since}")
    return made


def readers(trial: Trial, *, seed: int) -> list[Reader]:
    """Return the simulated readers, each with at most as many likes as there are to be had."""
    found = []
    for interest in range(len(trial.names)):
        relevant = trial.before[trial.is_about[trial.before, interest]]
        for number in range(READERS if relevant.size else 0):
            chance = np.random.default_rng([seed, interest, number])
            found.append(Reader(interest, chance.permutation(relevant)[: max(LIKES)]))
    return found


Scorer = Callable[[Ints], Floats]  # what he likes -> a score for every record


def scorers(trial: Trial, *, seed: int) -> dict[str, Scorer]:
    """Return the ways of putting papers in order that are compared."""
    chance = np.random.default_rng(seed)
    usual, whole = trial.usual(), trial.vectors.astype(np.float64)
    with_constant = likeness.with_constant(trial.vectors).astype(np.float64)
    votes = np.array([record.votes for record in trial.records], np.float64)

    def as_sent(likes: Ints) -> Floats:
        learnt = likeness.learn(trial.vectors[likes], trial.vectors[:0], usual)
        scores: Floats = with_constant @ likeness.unpack(likeness.pack(learnt))
        return scores

    def centroid(likes: Ints) -> Floats:
        scores: Floats = whole @ whole[likes].mean(axis=0)
        return scores

    return {
        "as it is": as_sent,
        "centroid": centroid,
        "votes only": lambda likes: votes,
        "random": lambda likes: chance.random(votes.size),
    }


def run(
    trial: Trial, people: Sequence[Reader], scorer: Scorer, *, likes: int, seed: int
) -> tuple[Floats, Floats]:
    """Return NDCG@10 and P@10, readers by pools; NaN where there is nothing to find."""
    chance = np.random.default_rng([seed, likes])
    able = [reader for reader in people if reader.likes.size >= likes]
    gains = np.full((len(able), len(trial.pools)), np.nan)
    hits = gains.copy()
    for row, reader in enumerate(able):
        scores = scorer(reader.likes[:likes])
        for column, pool in enumerate(trial.pools):
            relevant = trial.is_about[pool, reader.interest]
            if count := int(relevant.sum()):
                ordered = relevant[measures.order(scores[pool], chance)]
                gains[row, column] = measures.ndcg(ordered, of=count)
                hits[row, column] = measures.precision(ordered)
    return gains, hits


def _labelled(records: Sequence[Record]) -> tuple[list[Record], list[frozenset[str]]]:
    """Keep papers with labels: of keywords if there are any, else of categories."""
    by_keywords = [record for record in records if record.keywords]
    if by_keywords:
        return by_keywords, interests.of_keywords(by_keywords)
    by_category = [record for record in records if record.categories]
    return by_category, interests.of_categories(by_category)


def _pools(records: Sequence[Record]) -> list[Ints]:
    """Cut papers into weeks of lists, or else into equal parts."""
    if not records:
        return []
    if any(record.keywords for record in records):
        weeks = np.array([(record.day.toordinal() - 1) // 7 for record in records])
        starts = np.flatnonzero(np.diff(weeks, prepend=-1))
    else:
        starts = np.arange(0, len(records), PER_POOL)
    groups = np.split(np.arange(len(records)), starts[1:])
    return [group for group in groups if group.size >= FEWEST]
