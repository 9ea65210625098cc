"""Groups of arXiv categories, found by the same training: does the machinery work at all?

Authors choose the categories, so nobody has to label anything; but cs.AI and cs.LG say little,
so categories that mean about the same are one group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from papers.evaluation.figures import Counts, Interval, Tally, mean_interval, ndcg
from papers.evaluation.labels import BadFile, Text
from papers.learning import Example, Lesson
from papers.linear import Judge
from papers.signs import Rule
from papers.topics import Classifier

GROUPS: dict[str, tuple[str, ...]] = {
    "vision": ("cs.CV", "eess.IV", "cs.GR", "cs.MM"),
    "language": ("cs.CL",),
    "ai-learning": ("cs.AI", "cs.LG", "stat.ML", "cs.NE", "cs.MA"),
    "robotics": ("cs.RO", "eess.SY", "cs.SY"),
    "audio": ("cs.SD", "eess.AS"),
    "retrieval": ("cs.IR", "cs.DB", "cs.DL"),
    "people": ("cs.HC", "cs.CY", "cs.SI", "cs.GT"),
    "systems": ("cs.CR", "cs.SE", "cs.PL", "cs.DC", "cs.AR", "cs.PF", "cs.OS"),
    "signals": ("cs.IT", "eess.SP", "cs.NI"),
}
BIGGEST = ("vision", "language", "ai-learning")

# What the shipped topics say of a group, for the baseline of rules alone.
TOPICS: dict[str, tuple[str, ...]] = {
    "vision": ("computer-vision", "generative-media", "multimodal"),
    "language": ("language-models", "nlp", "fine-tuning", "alignment", "reasoning"),
    "ai-learning": ("reinforcement-learning", "agents", "reasoning", "theory", "language-models"),
    "robotics": ("robotics",),
    "audio": ("speech-audio",),
    "retrieval": ("recommenders", "graphs"),
    "people": ("society",),
    "systems": ("safety", "code", "privacy-federated"),
    "signals": (),
}

EARLIER = 0.7  # share of the papers, by time, that is learned from
FOLDS = 4  # spans of time, of which each in turn is judged by what the others taught
POOL = 30  # papers ranked together where the file has no days: about as many as a day has
LEAST = 10  # papers that make a day


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one way to find groups."""

    name: str
    tally: Tally
    ndcg: float  # mean over days and groups
    ndcg_interval: Interval


@dataclass(frozen=True, slots=True)
class Split:
    """Papers in the order of time, oldest first."""

    earlier: Sequence[Text]
    later: Sequence[Text]
    has_days: bool


def split(papers: Sequence[Text]) -> Split:
    """Divide by time: by the day if every paper has one, else by the arXiv id.

    Raises:
        BadFile: if there are too few papers that have a category of a group.
    """
    grouped = [paper for paper in papers if groups_of(paper)]
    has_days = all(paper.day for paper in grouped)
    ordered = sorted(grouped, key=lambda paper: paper.day if has_days else paper.arxiv_id)
    cut = round(len(ordered) * EARLIER)
    if len(ordered) - cut < LEAST:
        raise BadFile(f"{len(grouped)} papers with known categories are too few to measure")
    return Split(ordered[:cut], ordered[cut:], has_days)


def groups_of(paper: Text) -> set[str]:
    return {name for name, codes in GROUPS.items() if not set(codes).isdisjoint(paper.categories)}


def evaluate(parts: Split, *, rules: Sequence[Rule]) -> list[Outcome]:
    """Measure the trained model, and three ways that need no training beside it."""
    names = list(GROUPS)
    cuts = best_cuts(_folded(parts.earlier), _wanted(parts.earlier))
    scores = _scores(_taught(parts.earlier), parts.later)
    by_rules = _rule_scores(rules, parts.later)
    rolls = np.random.default_rng(seed=0)
    chance = rolls.random(scores.shape)
    share = _wanted(parts.earlier).mean(axis=0)
    biggest = np.tile([float(name in BIGGEST) for name in names], (len(parts.later), 1))
    return [
        _outcome("model", scores, scores >= cuts, parts),
        _outcome("rules only", by_rules, by_rules >= 0.5, parts),
        _outcome("always the biggest three", biggest, biggest > 0, parts),
        _outcome("random", chance, chance < share, parts),
    ]


def best_cuts(scores: Counts, wanted: Counts) -> Counts:
    """Return for each column the cut with the best F1, with room to both sides of it.

    Of what never occurs nothing is ever said: its cut is infinite.
    """
    cuts = np.full(scores.shape[1], np.inf)
    for column in np.flatnonzero(wanted.any(axis=0)):
        order = np.argsort(-scores[:, column], kind="stable")
        hits = np.cumsum(wanted[order, column])
        f1 = 2 * hits / (np.arange(1, len(order) + 1) + wanted[:, column].sum())
        best = int(np.argmax(f1))
        ranked = scores[order, column]
        cuts[column] = ranked[best : best + 2].mean()
    return cuts


def _folded(papers: Sequence[Text]) -> Counts:
    """Score each paper by what papers of other times taught."""
    ends = [round(fold * len(papers) / FOLDS) for fold in range(FOLDS + 1)]
    return np.concatenate(
        [
            _scores(_taught([*papers[:start], *papers[end:]]), papers[start:end])
            for start, end in pairwise(ends)
        ]
    )


def _taught(papers: Sequence[Text]) -> Judge:
    lesson = Lesson((_example(paper) for paper in papers), [Rule(name) for name in GROUPS])
    return Judge(lesson.train())


def _example(paper: Text) -> Example:
    groups = groups_of(paper)
    return Example(paper.title, paper.abstract, decided={name: name in groups for name in GROUPS})


def _wanted(papers: Sequence[Text]) -> Counts:
    return np.array([[name in groups_of(paper) for name in GROUPS] for paper in papers], float)


def _scores(judge: Judge, papers: Sequence[Text]) -> Counts:
    opinions = (judge.read(paper.title, paper.abstract) for paper in papers)
    return np.array([[opinion[name] for name in GROUPS] for opinion in opinions])


def _rule_scores(rules: Sequence[Rule], papers: Sequence[Text]) -> Counts:
    classifier = Classifier(rules)
    found = (classifier.by_rules(title=text.title, abstract=text.abstract) for text in papers)
    return np.array(
        [
            [max((said.get(slug, 0.0) for slug in TOPICS[name]), default=0.0) for name in GROUPS]
            for said in found
        ]
    )


def _outcome(name: str, scores: Counts, is_said: np.ndarray, parts: Split) -> Outcome:
    wanted, said = _wanted(parts.later), is_said.astype(float)
    gains = _gains(scores, wanted > 0, parts)
    return Outcome(
        name=name,
        tally=Tally(said, said * wanted, wanted, said * wanted),
        ndcg=float(np.mean(gains)) if gains else 0.0,
        ndcg_interval=mean_interval(gains or [0.0]),
    )


def _gains(scores: Counts, is_wanted: np.ndarray, parts: Split) -> list[float]:
    """Return NDCG@5 of each day and group in which there is something to choose."""
    pools = defaultdict(list)
    for row, paper in enumerate(parts.later):
        pools[paper.day if parts.has_days else row // POOL].append(row)
    rolls = np.random.default_rng(seed=0)
    return [
        ndcg(scores[rows, column], is_wanted[rows, column], rolls=rolls)
        for rows in pools.values()
        if len(rows) >= LEAST
        for column in range(len(GROUPS))
        if 0 < is_wanted[rows, column].sum() < len(rows)
    ]
