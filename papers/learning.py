"""Train a linear model of topics.  Pure and repeatable: the same papers give the same model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from papers import linear
from papers.linear import Floats, Model, Reading
from papers.signs import Rule
from papers.topics import Classifier

# Strengths by rules: from the first on a yes, below the second a no, between them unsure.
SURE, UNSURE = 0.75, 0.31
DECIDED = 5.0  # a person's word counts as much as so many papers

MOST_WORDS = 6_000
COMMON = 0.4  # words in more than this share of the papers say nothing
RARE = 1_000  # a word must be in one of so many papers, and in two at least

EPOCHS = 8
BATCH = 500  # papers
STEP = 0.5  # of Adagrad (Duchi, Hazan and Singer 2011)
DECAY = 1e-5
START = -3.0  # log-odds: a topic has about one paper in twenty

_FULL = 127  # largest int8


@dataclass(frozen=True, slots=True)
class Example:
    """One paper to learn from."""

    title: str
    abstract: str
    categories: tuple[str, ...] = ()
    decided: Mapping[str, bool] = field(default_factory=dict)  # slug -> what a person said


class Lesson:
    """What examples teach about the topics of some rules, in the order of the examples."""

    def __init__(self, examples: Iterable[Example], rules: Sequence[Rule]) -> None:
        """Read each example once and keep its words and labels only."""
        classifier = Classifier(rules)
        self.slugs = tuple(rule.slug for rule in rules)
        self._ids: dict[str, int] = {}  # word -> its place among all words seen
        self._texts: list[tuple[NDArray[np.intp], Floats]] = []
        rows = []
        for example in examples:
            self._texts.append(self._text(example))
            rows.append(self._labels(example, classifier))
        # Both are (papers, topics): 1 for yes, and how much that counts; 0 teaches nothing.
        labels = np.array(rows, np.float32).reshape(len(rows), len(self.slugs), 2)
        self._wanted, self._trust = labels[:, :, 0], labels[:, :, 1]

    def __len__(self) -> int:
        return len(self._texts)

    def train(self, *, until: int | None = None) -> Model:
        """Fit one logistic regression per topic to the first `until` examples, or to all.

        Raises:
            ValueError: if there is nothing to learn from.
        """
        texts = self._texts[:until]
        kept, rarity = self._vocabulary(texts)
        if not len(kept) or not self.slugs:
            raise ValueError("there are too few papers or topics to learn from")
        readings = self._readings(texts, kept, rarity)
        trust = self._trust[:until]
        trust = trust / (trust[trust > 0].mean() if trust.any() else 1)  # relative to each other
        weights, intercept = _fit(readings, self._wanted[:until], trust=trust, width=len(kept))
        unit = np.maximum(np.abs(weights).max(axis=0), 1e-6) / _FULL
        names = list(self._ids)
        return Model(
            slugs=self.slugs,
            words=tuple(names[word] for word in kept),
            rarity=rarity,
            weights=np.rint(weights / unit).astype(np.int8),
            unit=unit.astype(np.float32),
            intercept=intercept,
        )

    def measure(self, model: Model, *, since: int) -> tuple[float, float]:
        """Return precision and recall of a model, without rules, on the examples from `since` on.

        Only what rules or people are sure of counts.  What a model does not know, it misses.
        """
        known = [at for at, word in enumerate(model.words) if word in self._ids]
        kept = np.array([self._ids[model.words[at]] for at in known], np.intp)
        readings = self._readings(self._texts[since:], kept, model.rarity[known])
        weights = model.weights[known]
        columns = {slug: at for at, slug in enumerate(model.slugs)}
        said = np.zeros(self._wanted[since:].shape, np.bool_)
        for row, reading in zip(said, readings, strict=True):
            odds = linear.log_odds(replace(model, weights=weights), reading)
            row[:] = [slug in columns and odds[columns[slug]] > 0 for slug in self.slugs]
        wanted, trust = self._wanted[since:] > 0, self._trust[since:]
        right = float(trust[said & wanted].sum())
        wrong, missed = float(trust[said & ~wanted].sum()), float(trust[~said & wanted].sum())
        return right / (right + wrong or 1), right / (right + missed or 1)

    def _text(self, example: Example) -> tuple[NDArray[np.intp], Floats]:
        counts = linear.count(example.title, example.abstract)
        ids = [self._ids.setdefault(word, len(self._ids)) for word in counts]
        return np.array(ids, np.intp), np.array(list(counts.values()), np.float32)

    def _labels(self, example: Example, classifier: Classifier) -> list[tuple[float, float]]:
        strengths = classifier.by_rules(
            title=example.title, abstract=example.abstract, categories=example.categories
        )
        return [
            (float(example.decided[slug]), DECIDED)
            if slug in example.decided
            else _label(strengths.get(slug, 0))
            for slug in self.slugs
        ]

    def _vocabulary(
        self, texts: Sequence[tuple[NDArray[np.intp], Floats]]
    ) -> tuple[NDArray[np.intp], Floats]:
        """Choose the most frequent words that are neither rare nor everywhere."""
        seen = [ids for ids, _ in texts]
        papers = np.bincount(np.concatenate(seen) if seen else [], minlength=len(self._ids))
        order = np.argsort(-papers, kind="stable")
        least, most = max(2, len(texts) // RARE), COMMON * len(texts)
        kept = order[(papers[order] >= least) & (papers[order] <= most)][:MOST_WORDS]
        return kept, np.log(len(texts) / papers[kept]).astype(np.float32)

    def _readings(
        self,
        texts: Iterable[tuple[NDArray[np.intp], Floats]],
        kept: NDArray[np.intp],
        rarity: Floats,
    ) -> list[Reading]:
        places = np.full(len(self._ids), -1, np.intp)
        places[kept] = np.arange(len(kept))
        return [
            linear.weigh(places[ids][known], times[known], rarity)
            for ids, times in texts
            for known in [places[ids] >= 0]
        ]


def _label(strength: float) -> tuple[float, float]:
    """Return whether rules say yes, and whether they are sure."""
    return float(strength >= SURE), float(strength >= SURE or strength < UNSURE)


def _fit(
    readings: Sequence[Reading], wanted: Floats, *, trust: Floats, width: int
) -> tuple[Floats, Floats]:
    weights = np.zeros((width, wanted.shape[1]), np.float32)
    intercept = np.full(wanted.shape[1], START, np.float32)
    seen, seen_intercept = np.full_like(weights, 1e-6), np.full_like(intercept, 1e-6)
    rolls = np.random.default_rng(seed=0)
    for _ in range(EPOCHS):
        shuffled = rolls.permutation(len(readings))
        for start in range(0, len(shuffled), BATCH):
            rows = shuffled[start : start + BATCH]
            batch = _dense([readings[row] for row in rows], width=width)
            error = (_probability(batch @ weights + intercept) - wanted[rows]) * trust[rows]
            slope, slope_intercept = batch.T @ error / len(rows), error.mean(axis=0)
            slope += DECAY * weights
            seen += slope**2
            seen_intercept += slope_intercept**2
            weights -= STEP * slope / np.sqrt(seen)
            intercept -= STEP * slope_intercept / np.sqrt(seen_intercept)
    return weights, intercept


def _dense(readings: Sequence[Reading], *, width: int) -> Floats:
    rows = np.zeros((len(readings), width), np.float32)
    for row, reading in zip(rows, readings, strict=True):
        row[reading.positions] = reading.values
    return rows


def _probability(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))), np.float32)
