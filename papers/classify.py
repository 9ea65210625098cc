"""Find the topics of stored papers and keep their assignments up to date."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.db import transaction

from papers import vectors
from papers.models import Assignment, Paper, Topic
from papers.topics import Classifier, Rule

BATCH_SIZE = 200  # papers in one transaction

Pair = tuple[int, int]  # ids of a paper and of a topic


def classify_papers(paper_ids: Collection[int]) -> int:
    """Classify these papers by the active topics; return how many assignments changed.

    What was assigned by hand stays as it is, but gets the reason of the rules if it has none
    of its own.  What was found by rules before and is not found now is removed.
    """
    topics = {topic.slug: topic for topic in Topic.objects.active()}
    classifier = Classifier([rule(topic, key=topic.slug) for topic in topics.values()])
    ids = sorted(paper_ids)
    changes = 0
    for start in range(0, len(ids), BATCH_SIZE):
        batch = list(Paper.objects.filter(pk__in=ids[start : start + BATCH_SIZE]).order_by("pk"))
        found = list(_find(batch, classifier=classifier, topics=topics))
        with transaction.atomic():
            changes += _store([paper.pk for paper in batch], found)
            _store_vectors(batch)
    return changes


def rule(topic: Topic, *, key: str) -> Rule:
    """Return how papers of the topic are told, under a name of the caller's choice."""
    return Rule(
        slug=key,
        include=_lines(topic.include),
        exclude=_lines(topic.exclude),
        categories=_lines(topic.categories),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _find(
    papers: Collection[Paper], *, classifier: Classifier, topics: dict[str, Topic]
) -> Iterator[Assignment]:
    for paper in papers:
        for match in classifier.classify(
            title=paper.title,
            abstract=paper.abstract or paper.summary,
            categories=paper.categories,
        ):
            yield Assignment(
                paper=paper,
                topic=topics[match.slug],
                strength=match.strength,
                reason=match.reason[:200],
            )


def _store(paper_ids: Collection[int], found: Collection[Assignment]) -> int:
    """Make the automatic assignments of these papers what was found; return the changes."""
    stored = {_pair(row): row for row in Assignment.objects.filter(paper__in=paper_ids)}
    wanted = {_pair(row) for row in found}
    stale = [row.pk for pair, row in stored.items() if pair not in wanted and not row.is_by_hand]
    for row in found:
        if (known := stored.get(_pair(row))) and known.is_by_hand:
            row.strength = known.strength
    changed = [row for row in found if _differs(row, stored.get(_pair(row)))]
    Assignment.objects.filter(pk__in=stale, is_by_hand=False).delete()
    Assignment.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["paper", "topic"],
        update_fields=["strength", "reason"],
    )
    return len(stale) + len(changed)


def _store_vectors(papers: Collection[Paper]) -> None:
    """Keep with each paper what its words say."""
    changed = []
    for paper in papers:
        words = vectors.vector(paper.title, paper.abstract or paper.summary)
        if bytes(paper.vector or b"") != (packed := vectors.pack(words)):
            paper.vector = packed
            changed.append(paper)
    Paper.objects.bulk_update(changed, ["vector"])


def _pair(row: Assignment) -> Pair:
    return row.paper_id, row.topic_id


def _differs(found: Assignment, stored: Assignment | None) -> bool:
    if stored is None:
        return True
    if stored.is_by_hand and stored.reason:
        return False
    return (found.strength, found.reason) != (stored.strength, stored.reason)
