"""Train the model of topics on stored papers, keep its versions, and say which is in use."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce, TruncDate

from papers import catalogue, linear
from papers.learning import Example, Lesson
from papers.models import Correction, Paper, Topic, TopicModel

logger = logging.getLogger(__name__)

LEAST_PAPERS = 5_000  # below that the shipped model knows more; measured in decision 0010
MOST_PAPERS = 50_000  # the newest
NEWEST = 0.2  # share of the papers, by time, on which a model is measured
KEPT = 5  # versions besides the one in use


def is_due(*, at: datetime) -> bool:
    """Say whether a model could be trained and none was lately."""
    every = timedelta(days=settings.TRAIN_DAYS)
    if not every or TopicModel.objects.filter(trained_at__gt=at - every).exists():
        return False
    return Paper.objects.count() >= LEAST_PAPERS


def train(*, at: datetime) -> TopicModel:
    """Train on all stored papers, and take the model into use unless the shipped one is better.

    Both are measured on the newest papers, by what rules and people are sure of; the new one
    after training on the older papers only.  Then it is trained on all.

    Raises:
        ValueError: if there is nothing to learn from.
    """
    decided = _decided()
    lesson = Lesson(_examples(decided), [topic.rule for topic in Topic.objects.active()])
    split = round(len(lesson) * (1 - NEWEST))
    new = _measure(lesson, lesson.train(until=split), since=split)
    shipped = _measure(lesson, catalogue.model(), since=split)
    row = TopicModel.objects.create(
        trained_at=at,
        papers=len(lesson),
        corrections=sum(map(len, decided.values())),
        measured={"papers": len(lesson) - split, "new": new, "shipped": shipped},
        weights=linear.pack(lesson.train()),
    )
    if new["f1"] >= shipped["f1"]:
        use(row)
    else:
        logger.warning("%s is not used: the shipped model is better: %s", row, row.measured)
    _forget()
    return row


@transaction.atomic
def use(row: TopicModel | None) -> None:
    """Classify with this version from now on; None is the shipped one."""
    TopicModel.objects.active().update(is_active=False)
    if row:
        TopicModel.objects.filter(pk=row.pk).update(is_active=True)
        row.is_active = True


def _measure(lesson: Lesson, model: linear.Model, *, since: int) -> dict[str, float]:
    precision, recall = lesson.measure(model, since=since)
    f1 = 2 * precision * recall / (precision + recall or 1)
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(f1, 3)}


def _examples(decided: dict[int, dict[str, bool]]) -> Iterator[Example]:
    """Read the newest papers, oldest first."""
    day = Coalesce("listed_on", TruncDate("published_at"), TruncDate("first_seen_at"))
    newest = Paper.objects.order_by(day.desc(), "-pk").values_list("pk", flat=True)[:MOST_PAPERS]
    ids = list(newest)[::-1]
    for start in range(0, len(ids), 500):
        papers = Paper.objects.defer("vector", "authors").in_bulk(ids[start : start + 500])
        for pk in ids[start : start + 500]:
            if paper := papers.get(pk):
                yield Example(
                    title=paper.title,
                    abstract=paper.abstract or paper.summary,
                    categories=tuple(paper.categories),
                    decided=decided.get(pk, {}),
                )


def _decided() -> dict[int, dict[str, bool]]:
    """Return what people said: slugs by paper."""
    found: dict[int, dict[str, bool]] = defaultdict(dict)
    rows = Correction.objects.values_list("paper_id", "topic__slug", "is_about")
    for paper_id, slug, is_about in rows:
        found[paper_id][slug] = is_about
    return dict(found)


def _forget() -> None:
    kept = TopicModel.objects.values_list("pk", flat=True)[:KEPT]
    TopicModel.objects.filter(is_active=False).exclude(pk__in=list(kept)).delete()
