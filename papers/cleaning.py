"""Make the titles, abstracts and names of stored papers again, from what sources said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db import transaction

from papers import classify
from papers.merging import ABSTRACT_LENGTH, TITLE_LENGTH, readable_names
from papers.models import Paper
from papers.text import readable, title_key

BATCH_SIZE = 200  # papers in one transaction
LIMITS = {"title": TITLE_LENGTH, "abstract": ABSTRACT_LENGTH}
FIELDS = ("title", "source_title", "abstract", "source_abstract", "authors", "title_key")


@dataclass
class Cleaning:
    """What came of it, or would come of it."""

    read: int = 0
    changed: list[int] = field(default_factory=list)  # ids of papers
    counts: Counter[str] = field(default_factory=Counter)  # papers by name of a changed field
    doubles: list[str] = field(default_factory=list)  # titles that another paper has by now


def clean_papers(*, write: bool) -> Cleaning:
    """Make all texts again, and with `write` store them and classify the changed papers.

    A paper without an arXiv id whose new title another such paper has already stays as it is.
    """
    result, taken = Cleaning(), set[str]()
    for ids in _batches(Paper.objects.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            papers = list(Paper.objects.filter(pk__in=ids).order_by("pk").select_for_update())
            changed = list(_changed(papers, result=result, taken=taken))
            if write:
                Paper.objects.bulk_update(changed, FIELDS)
        result.read += len(papers)
        result.changed += [paper.pk for paper in changed]
    if write:
        classify.classify_papers(result.changed)
    return result


def clean_paper(paper: Paper) -> set[str]:
    """Make the texts of one paper again, in memory; return the names of what changed."""
    before = {name: getattr(paper, name) for name in FIELDS}
    for name, limit in LIMITS.items():
        source = getattr(paper, f"source_{name}") or getattr(paper, name)
        text = readable(source, limit=limit)
        setattr(paper, name, text)
        setattr(paper, f"source_{name}", source if source != text else "")
    paper.authors = list(readable_names(paper.authors))
    paper.title_key = title_key(paper.title)
    return {name for name, value in before.items() if getattr(paper, name) != value}


def _changed(papers: Iterable[Paper], *, result: Cleaning, taken: set[str]) -> Iterator[Paper]:
    for paper in papers:
        names = clean_paper(paper)
        if "title_key" in names and not paper.arxiv_id:
            if paper.title_key in taken or _is_double(paper):
                result.doubles.append(paper.title)
                continue
            taken.add(paper.title_key)
        if names:
            result.counts.update(names)
            yield paper


def _is_double(paper: Paper) -> bool:
    same = Paper.objects.filter(title_key=paper.title_key, arxiv_id=None)
    return same.exclude(pk=paper.pk).exists()


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    every = list(ids)
    yield from (every[start : start + BATCH_SIZE] for start in range(0, len(every), BATCH_SIZE))
