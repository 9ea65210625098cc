"""What would storing some records change?  Decided as when they are stored; nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

from papers import rows
from papers.merging import FIELDS, Draft, check
from papers.models import Paper, Topic
from papers.sources import Item, PaperRecord, Refused, SourceError
from papers.wording import shorten

SHOWN = tuple(name for name in FIELDS if name != "title_key")


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a known paper, as text; long ones from just before where they differ."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A known paper and what would be changed about it."""

    paper: Paper  # as it would be
    changes: list[Change]


@dataclass(slots=True)
class DryRun:
    """What would become of the records, each paper once."""

    created: list[Paper] = field(default_factory=list)  # not stored, so without a key
    updated: list[Edited] = field(default_factory=list)
    unchanged: list[Paper] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unknown_topics: list[str] = field(default_factory=list)  # slugs that nobody defined
    error: str = ""  # why the source would break off; what came before it would be stored


def of(items: Iterable[Item], *, at: datetime) -> DryRun:
    """Say what storing these items at the moment `at` would do.  Holds all of them in memory."""
    found = DryRun()
    records: list[PaperRecord] = []
    try:
        for item in items:
            if not isinstance(item, PaperRecord | Refused):
                continue  # tells how far a reading came
            match check(item, at=at):
                case PaperRecord() as record:
                    records.append(record)
                case Refused() as refused:
                    found.refused.append(refused)
    except SourceError as error:
        found.error = str(error)
    _sort(rows.lay(records, at=at), into=found)
    found.unknown_topics = _unknown_topics(records)
    return found


def _sort(drafts: Iterable[Draft], *, into: DryRun) -> None:
    drafts = list(drafts)
    stored = Paper.objects.in_bulk([draft.paper.pk for draft in drafts if draft.paper.pk])
    for draft in drafts:
        if draft.before is None:
            into.created.append(draft.paper)
        elif draft.is_changed:
            changes = _changes(stored[draft.paper.pk], draft.paper)
            into.updated.append(Edited(draft.paper, changes))
        else:
            into.unchanged.append(draft.paper)


def _changes(before: Paper, after: Paper) -> list[Change]:
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in SHOWN)
    return [Change(name, *_apart(_text(old), _text(new))) for name, old, new in pairs if old != new]


def _text(value: object) -> str:
    match value:
        case list():
            return ", ".join(map(str, value))
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else str(value)


def _apart(before: str, after: str) -> tuple[str, str]:
    pairs = zip(before, after, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    start = max(0, same - 40)
    dots = "…" if start else ""
    return dots + shorten(before[start:], 200), dots + shorten(after[start:], 200)


def _unknown_topics(records: Collection[PaperRecord]) -> list[str]:
    named = {slug for record in records for slug in record.topics}
    known = Topic.objects.filter(slug__in=named).values_list("slug", flat=True)
    return sorted(named.difference(known))
