"""Topics that are found, against topics that two readers gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from papers.evaluation.figures import Tally
from papers.evaluation.labels import BadFile, Labels, Number, Text
from papers.topics import Classifier


@dataclass(frozen=True, slots=True)
class Mistake:
    """One topic too many or too few."""

    title: str
    slug: str
    reason: str  # why it was found; empty if it was missed


def tally(
    papers: Sequence[Text], labels: Mapping[Number, Labels], *, classifier: Classifier
) -> tuple[Tally, list[Mistake]]:
    """Count what the classifier says of the papers that have labels.

    A topic is right if one of the readers gave it, and missed if both did and it is not found.

    Raises:
        BadFile: for labels of a paper that is not there.
    """
    if missing := labels.keys() - {paper.number for paper in papers}:
        raise BadFile(f"there is no paper with number {min(missing, key=str)}, which has labels")
    slugs = [rule.slug for rule in classifier.rules]
    said = [paper for paper in papers if paper.number in labels]
    found = [_topics(paper, classifier) for paper in said]
    given = [labels[paper.number] for paper in said]
    mistakes = [
        mistake
        for paper, topics, label in zip(said, found, given, strict=True)
        for mistake in _mistakes(paper, topics, label)
    ]
    predicted, either, both = (
        np.array([[slug in row for slug in slugs] for row in rows], float)
        for rows in (found, [label.either for label in given], [label.both for label in given])
    )
    return Tally(predicted, predicted * either, both, predicted * both), mistakes


def _topics(paper: Text, classifier: Classifier) -> dict[str, str]:
    matches = classifier.classify(
        title=paper.title, abstract=paper.abstract, categories=paper.categories
    )
    return {match.slug: match.reason for match in matches}


def _mistakes(paper: Text, found: Mapping[str, str], label: Labels) -> Iterator[Mistake]:
    for slug, reason in found.items():
        if slug not in label.either:
            yield Mistake(paper.title, slug, reason)
    for slug in sorted(label.both - found.keys()):
        yield Mistake(paper.title, slug, "")
