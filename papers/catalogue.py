"""The topics and the model of them that a new installation starts with, in papers/data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from papers import linear
from papers.models import Topic
from papers.signs import Rule

CATALOGUE = Path(__file__).parent / "data" / "topics.json"
MODEL = CATALOGUE.with_name("topic_model.npz")


@dataclass(frozen=True, slots=True)
class CatalogueTopic:
    """One topic as it is stored: one phrase or category a line."""

    slug: str
    name: str
    description: str
    include: str
    exclude: str
    categories: str
    position: int  # from 1, in the order of the file

    @property
    def rule(self) -> Rule:
        return Rule.of_lines(
            self.slug, include=self.include, exclude=self.exclude, categories=self.categories
        )


def load() -> tuple[CatalogueTopic, ...]:
    """Read the shipped catalogue, in the order in which forms show it."""
    entries = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    return tuple(_read(entry, position) for position, entry in enumerate(entries, start=1))


@cache
def model() -> linear.Model:
    """Read the shipped model, which `train_topics --files` made."""
    return linear.unpack(MODEL.read_bytes())


@transaction.atomic
def install(*, overwrite: bool = False) -> int:
    """Store the shipped topics; return how many were stored.

    A topic that exists, by its slug, is left as the operator made it unless `overwrite`.
    """
    known = set() if overwrite else set(Topic.objects.values_list("slug", flat=True))
    wanted = [topic for topic in load() if topic.slug not in known]
    for topic in wanted:
        Topic.objects.update_or_create(slug=topic.slug, defaults=asdict(topic))
    return len(wanted)


def differences(*, overwrite: bool = False) -> dict[str, list[str]]:
    """Return slug -> the fields that `install` would change; none of a topic that is new."""
    stored = {topic.slug: topic for topic in Topic.objects.all()}
    found = {}
    for topic in load():
        before = stored.get(topic.slug)
        wanted = asdict(topic).items()
        changed = [name for name, value in wanted if before and getattr(before, name) != value]
        if before is None or (overwrite and changed):
            found[topic.slug] = changed
    return found


def _read(entry: dict[str, Any], position: int) -> CatalogueTopic:
    return CatalogueTopic(
        slug=entry["slug"],
        name=entry["name"],
        description=entry["description"],
        include="\n".join(entry["include"]),
        exclude="\n".join(entry["exclude"]),
        categories="\n".join(entry["categories"]),
        position=position,
    )
