"""What other rules would change, before anybody stores them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from papers import classify
from papers.models import Paper, Topic
from papers.signs import Rule
from papers.topics import Classifier, Match

MOST_PAPERS = 1_000  # the newest; more would keep whoever asks waiting


@dataclass(frozen=True, slots=True)
class Move:
    """One paper that would gain or lose one topic."""

    paper_id: int
    title: str
    slug: str
    is_gain: bool
    reason: str  # why it has the topic, now or then


def effect(rules: Sequence[Rule], *, since: datetime) -> list[Move]:
    """Return what these rules would move, newest paper first; nothing is stored.

    Args:
        rules: of all topics that would be active, also of those that stay as they are.
        since: only papers that a list named or that came to us since then.
    """
    model = classify.active_model()
    before = Classifier([topic.rule for topic in Topic.objects.active()], model)
    after = Classifier(rules, model)
    papers = Paper.objects.alive_since(since).order_by("-listed_on", "-pk")[:MOST_PAPERS]
    return [
        move
        for paper in papers.only("title", "abstract", "summary", "categories")
        for move in _moves(paper, before, after)
    ]


def moved(before: Sequence[Match], after: Sequence[Match]) -> Iterator[tuple[Match, bool]]:
    """Name the matches that are gained (True) or lost (False)."""
    had, has = {match.slug for match in before}, {match.slug for match in after}
    yield from ((match, True) for match in after if match.slug not in had)
    yield from ((match, False) for match in before if match.slug not in has)


def _moves(paper: Paper, before: Classifier, after: Classifier) -> Iterator[Move]:
    had, has = (
        classifier.classify(
            title=paper.title,
            abstract=paper.abstract or paper.summary,
            categories=paper.categories,
        )
        for classifier in (before, after)
    )
    for match, is_gain in moved(had, has):
        yield Move(paper.pk, paper.title, match.slug, is_gain, match.reason)
