"""Find the topics of stored papers and keep their assignments up to date."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping

from django.db import transaction
from django.db.models import Q

from papers import catalogue, linear, vectors
from papers.models import Assignment, Correction, Paper, Topic, TopicModel
from papers.topics import Classifier

logger = logging.getLogger(__name__)

BATCH_SIZE = 200  # papers in one transaction
RENEWED = 1000  # vectors of older papers at most, after others were classified

Pair = tuple[int, int]  # ids of a paper and of a topic


def classify_papers(paper_ids: Collection[int]) -> int:
    """Classify these papers by the active topics; return how many assignments changed.

    What a correction says is done, whatever is found.  What was assigned by hand stays as it
    is, but gets the reason that was found if it has none of its own.  What was found before
    and is not found now is removed.
    """
    topics = {topic.slug: topic for topic in Topic.objects.active()}
    classifier = Classifier([topic.rule for topic in topics.values()], active_model())
    ids = sorted(paper_ids)
    changes = 0
    for start in range(0, len(ids), BATCH_SIZE):
        batch = list(Paper.objects.filter(pk__in=ids[start : start + BATCH_SIZE]).order_by("pk"))
        found = list(_find(batch, classifier=classifier, topics=topics))
        with transaction.atomic():
            changes += _store([paper.pk for paper in batch], found)
            _store_vectors(batch)
    renew_vectors(limit=RENEWED)
    return changes


def active_model() -> linear.Model | None:
    """Return the model in use: the active row's, else the shipped one; None if it is broken."""
    packed = TopicModel.objects.active().values_list("weights", flat=True).first()
    try:
        return catalogue.model() if packed is None else linear.unpack(packed)
    except (OSError, ValueError) as error:
        logger.warning("topics are found by rules alone: %s", error)
        return None


def renew_vectors(*, limit: int) -> int:
    """Store vectors of papers that have none of this version, newest first; return how many."""
    ids = list(Paper.objects.without_vector().order_by("-pk").values_list("pk", flat=True)[:limit])
    for start in range(0, len(ids), BATCH_SIZE):
        with transaction.atomic():
            _store_vectors(Paper.objects.filter(pk__in=ids[start : start + BATCH_SIZE]))
    return len(ids)


def _find(
    papers: Collection[Paper], *, classifier: Classifier, topics: Mapping[str, Topic]
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
    """Make the assignments of these papers what was found or corrected; return the changes."""
    stored = {_pair(row): row for row in Assignment.objects.filter(paper__in=paper_ids)}
    corrections = Correction.objects.filter(paper__in=paper_ids, topic__is_active=True)
    wanted = _obey(corrections, {_pair(row): row for row in found})
    rejected = {_pair(row) for row in corrections if not row.is_about}
    for pair, row in wanted.items():
        if (known := stored.get(pair)) and known.is_by_hand:
            row.strength, row.is_by_hand = known.strength, True
    changed = [row for pair, row in wanted.items() if _differs(row, stored.get(pair))]
    gone = [row.pk for pair, row in stored.items() if pair in rejected]
    stale = [row.pk for pair, row in stored.items() if pair not in wanted and not row.is_by_hand]
    Assignment.objects.filter(Q(pk__in=gone) | Q(pk__in=stale, is_by_hand=False)).delete()
    Assignment.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["paper", "topic"],
        update_fields=["strength", "reason", "is_by_hand"],
    )
    return len({*gone, *stale}) + len(changed)


def _obey(
    corrections: Iterable[Correction], found: dict[Pair, Assignment]
) -> dict[Pair, Assignment]:
    wanted = dict(found)
    for correction in corrections:
        pair = _pair(correction)
        if correction.is_about:
            row = wanted.setdefault(pair, Assignment(paper_id=pair[0], topic_id=pair[1]))
            row.strength, row.is_by_hand = 1, True
        else:
            wanted.pop(pair, None)
    return wanted


def _store_vectors(papers: Iterable[Paper]) -> None:
    """Keep with each paper what its words say."""
    changed = []
    for paper in papers:
        words = vectors.vector(paper.title, paper.abstract or paper.summary)
        if bytes(paper.vector or b"") != (packed := vectors.pack(words)):
            paper.vector = packed
            changed.append(paper)
    Paper.objects.bulk_update(changed, ["vector"])


def _pair(row: Assignment | Correction) -> Pair:
    return row.paper_id, row.topic_id


def _differs(found: Assignment, stored: Assignment | None) -> bool:
    if stored is None:
        return True
    if stored.is_by_hand and stored.reason:
        return False
    return (found.strength, found.reason, found.is_by_hand) != (
        stored.strength,
        stored.reason,
        stored.is_by_hand,
    )
