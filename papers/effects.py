"""Which papers would other rules move?  Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from papers.topics import Classifier


@dataclass(frozen=True, slots=True)
class Text:
    """What rules read of a paper, and what it has whatever they say."""

    title: str
    abstract: str
    categories: Collection[str] = ()
    fixed: Collection[str] = ()  # topics given by hand
    barred: Collection[str] = ()  # topics that somebody took away


@dataclass(frozen=True, slots=True)
class Moved:
    """One paper that comes to a topic, or leaves it."""

    title: str
    reason: str  # of the rules under which it is there


@dataclass(slots=True)
class Effect:
    """What becomes of one topic."""

    gained: list[Moved] = field(default_factory=list)
    lost: list[Moved] = field(default_factory=list)
    kept: int = 0


def effects(
    papers: Iterable[Text],
    *,
    before: Classifier,
    after: Classifier,
    renamed: Mapping[str, str] | None = None,
) -> dict[str, Effect]:
    """Compare what two sets of rules say of the same papers, by the old slug of each topic found.

    Rules compete for phrases and for places, so that a change of one topic may move papers
    of others, too.  What was given or taken by hand stays so.

    Args:
        renamed: new slug -> old one.
    """
    found: dict[str, Effect] = {}
    for paper in papers:
        old, new = _found(paper, before, {}), _found(paper, after, renamed or {})
        for slug in {**old, **new, **dict.fromkeys(paper.fixed)}:
            effect = found.setdefault(slug, Effect())
            if slug in paper.fixed or (slug in old and slug in new):
                effect.kept += 1
            elif slug in new:
                effect.gained.append(Moved(paper.title, new[slug]))
            else:
                effect.lost.append(Moved(paper.title, old[slug]))
    return found


def _found(paper: Text, classifier: Classifier, renamed: Mapping[str, str]) -> dict[str, str]:
    matches = classifier.classify(
        title=paper.title, abstract=paper.abstract, categories=paper.categories
    )
    names = ((renamed.get(match.slug, match.slug), match.reason) for match in matches)
    return {slug: reason for slug, reason in names if slug not in paper.barred}
