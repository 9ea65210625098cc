"""What editors do to topics: see what a change moves, merge two, split one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from papers import classify, following
from papers.effects import Effect, Text, effects
from papers.models import Assignment, Correction, Paper, Topic
from papers.topics import Classifier

RECENT = timedelta(days=30)
MOST_TRIED = 10_000  # papers, the newest; it takes about 5 s

SIGNS = ("include", "exclude", "categories")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change does to the papers of the last 30 days."""

    paper_count: int
    changed: list[tuple[Topic, Effect]] = field(default_factory=list)  # topics that were edited
    others: list[tuple[Topic, Effect]] = field(default_factory=list)  # that it moves as well


def classify_recent(*, at: datetime) -> int:
    """Classify the papers of the last 30 days again; return how many assignments changed."""
    recent = Paper.objects.alive_since(at - RECENT)
    return classify.classify_papers(set(recent.values_list("pk", flat=True)))


def preview(edited: Collection[Topic], *, at: datetime) -> Preview:
    """Say what saving the edited topics, of which some may be new, would move; writes nothing."""
    slugs = dict(Topic.objects.values_list("pk", "slug"))  # as they are stored
    before = {topic.slug: topic for topic in Topic.objects.active()}
    edited_by_slug = {slugs.get(topic.pk, topic.slug): topic for topic in edited}
    after = before | edited_by_slug
    papers = list(_texts(at=at))
    found = effects(
        papers,
        before=_classifier(before.values()),
        after=_classifier(after.values()),
        renamed={topic.slug: slug for slug, topic in edited_by_slug.items()},
    )
    edited_keys = list(edited_by_slug)
    return Preview(
        paper_count=len(papers),
        changed=[(after[key], found.get(key, Effect())) for key in edited_keys],
        others=[
            (topic, found[key])
            for key, topic in after.items()
            if key in found and key not in edited_keys and (found[key].gained or found[key].lost)
        ],
    )


@transaction.atomic
def merge(topic: Topic, *, into: Topic, with_signs: bool) -> int:
    """Move papers and readers of `topic`, which is retired; return how many readers moved.

    The row stays, because digests that were sent name it.
    """
    list(Topic.objects.select_for_update().filter(pk__in=[topic.pk, into.pk]).order_by("pk"))
    _move_assignments(topic, into=into)
    if with_signs:
        join_signs(topic, into=into)
        into.save(update_fields=SIGNS)
    Topic.objects.filter(merged_into=topic).update(merged_into=into)
    topic.is_active, topic.merged_into = False, into
    topic.save(update_fields=["is_active", "merged_into"])
    return following.merge(topic, into=into)


@transaction.atomic
def split(topic: Topic, part: Topic) -> int:
    """Save a topic and the part that was taken from it; return how many readers follow both."""
    topic.save(update_fields=SIGNS)
    part.save()
    return following.split(topic, to=part)


def join_signs(topic: Topic, *, into: Topic) -> None:
    """Give `into` also the phrases and categories of `topic`, but not what excludes papers."""
    for name in ("include", "categories"):
        both = [*getattr(into, name).splitlines(), *getattr(topic, name).splitlines()]
        setattr(into, name, "\n".join(dict.fromkeys(line.strip() for line in both if line.strip())))


def part_of(topic: Topic, *, taken: dict[str, Collection[str]], **fields: str) -> Topic:
    """Take signs out of a topic into a new one; neither is saved.

    Args:
        taken: "include" and "categories" -> the lines that go over.
        fields: name, slug and description of the new topic.
    """
    part = Topic(
        exclude=topic.exclude, position=topic.position, is_active=topic.is_active, **fields
    )
    for name, lines in taken.items():
        stay = [line for line in getattr(topic, name).splitlines() if line.strip() not in lines]
        setattr(topic, name, "\n".join(stay))
        setattr(part, name, "\n".join(lines))
    return part


def _move_assignments(topic: Topic, *, into: Topic) -> None:
    moving = Assignment.objects.filter(topic=topic)
    by_hand = moving.filter(is_by_hand=True).values("paper")
    there = Assignment.objects.filter(topic=into)
    there.filter(paper__in=by_hand).update(is_by_hand=True)
    moving.exclude(paper__in=there.values("paper")).update(topic=into)
    Assignment.objects.filter(topic=topic).delete()
    decided = Correction.objects.filter(topic=into).values("paper")
    Correction.objects.filter(topic=topic).exclude(paper__in=decided).update(topic=into)
    Correction.objects.filter(topic=topic).delete()


def _classifier(topics: Iterable[Topic]) -> Classifier:
    active = sorted(
        (topic for topic in topics if topic.is_active), key=lambda it: (it.position, it.name)
    )
    return Classifier([topic.rule for topic in active], classify.active_model())


def _texts(*, at: datetime) -> Iterator[Text]:
    since = at - RECENT
    recent = Paper.objects.alive_since(since).order_by("-first_seen_at", "-pk")[:MOST_TRIED]
    rows = list(recent.values_list("pk", "title", "abstract", "summary", "categories"))
    fixed: defaultdict[int, list[str]] = defaultdict(list)
    barred: defaultdict[int, list[str]] = defaultdict(list)
    alive = Paper.objects.alive_since(since)
    by_hand = Assignment.objects.filter(is_by_hand=True, paper__in=alive)
    for paper_id, slug in by_hand.values_list("paper", "topic__slug"):
        fixed[paper_id].append(slug)
    taken = Correction.objects.filter(is_about=False, paper__in=alive)
    for paper_id, slug in taken.values_list("paper", "topic__slug"):
        barred[paper_id].append(slug)
    for paper_id, title, abstract, summary, categories in rows:
        yield Text(
            title,
            abstract or summary,
            categories,
            fixed.get(paper_id, ()),
            barred.get(paper_id, ()),
        )
