"""How will a paper do that nobody has voted for yet?  Pure: no database, no clock.

The guess is learned from lists that are over, one after the other, and never sees a later one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
from numpy.typing import NDArray

from papers.trending import percentiles

SHRINKING = 5  # papers of a submitter before his own mean weighs as much as the general one
# What each fact moves the percentile by at the start.  Code, project, video and authors are as
# measured on the 342 lists until 2025-09-21; what earlier papers say is a careful guess.
START = np.array([0.095, 0.07, 0.035, 0.15, 0.7, 0.4, 0.4])
PATIENCE = 10.0  # of the ridge that keeps the weights near the start until there is data


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a paper when it is listed.  Empty means "nobody says"."""

    submitter: str = ""  # whoever put it on the list, under any name that stays the same
    organisation: str = ""
    has_code: bool = False
    has_project_page: bool = False
    has_video: bool = False
    author_count: int = 0
    authors: tuple[str, ...] = ()


class Prior:
    """Guesses percentiles: a linear model of what is known, learned list by list.

    The facts are those of `Known`, and the mean percentile so far of the submitter's, the
    organisation's and the luckiest author's papers, each shrunk towards the middle:

        (sum of (percentile - 0.5)) / (number + 5)

    All facts are compared within their list, because lists differ: once no paper had code,
    then most had.
    """

    def __init__(self) -> None:
        self._records: defaultdict[tuple[str, str], _Record] = defaultdict(_Record)
        self._squares = PATIENCE * np.eye(START.size)
        self._products = PATIENCE * START

    def guess(self, listed: Sequence[Known]) -> list[float]:
        """Return a percentile for each paper of one list, 0 <= guess <= 1, 0.5 in the middle."""
        if not listed:
            return []
        weights = np.linalg.solve(self._squares, self._products)
        return [float(guess) for guess in np.clip(0.5 + self._facts(listed) @ weights, 0, 1)]

    def learn(self, listed: Sequence[Known], votes: Sequence[float]) -> None:
        """Learn from a list that is over; the lists must come in the order of their dates."""
        if not listed:
            return
        above = np.array(percentiles(votes)) - 0.5
        facts = self._facts(listed)
        self._squares += facts.T @ facts
        self._products += facts.T @ above
        for paper, distance in zip(listed, above, strict=True):
            for name in _names(paper):
                self._records[name].add(float(distance))

    def _facts(self, listed: Sequence[Known]) -> NDArray[np.float64]:
        rows = np.array([self._row(paper) for paper in listed])
        return np.asarray(rows - rows.mean(axis=0))

    def _row(self, paper: Known) -> list[float]:
        count = paper.author_count or len(paper.authors)
        return [
            paper.has_code,
            paper.has_project_page,
            paper.has_video,
            log1p(count),
            self._mean("submitter", paper.submitter),
            self._mean("organisation", paper.organisation),
            max((self._mean("author", name) for name in paper.authors), default=0.0),
        ]

    def _mean(self, kind: str, name: str) -> float:
        record = self._records.get((kind, name)) if name else None
        return record.mean if record else 0.0


@dataclass(slots=True)
class _Record:
    """How somebody's papers did so far, against the middle of their lists."""

    total: float = 0.0
    count: int = 0

    @property
    def mean(self) -> float:
        return self.total / (self.count + SHRINKING)

    def add(self, distance: float) -> None:
        self.total += distance
        self.count += 1


def _names(paper: Known) -> set[tuple[str, str]]:
    named = {("submitter", paper.submitter), ("organisation", paper.organisation)}
    return {pair for pair in named | {("author", name) for name in paper.authors} if pair[1]}
