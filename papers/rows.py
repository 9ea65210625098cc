"""Drafts of papers: read from their rows before a batch, written back after it."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime

from django.db.models import Max, Q

from papers.merging import FIELDS, Draft, Shelf, fingerprint
from papers.models import Assignment, Observation, Page, Paper, Topic
from papers.observing import Curve
from papers.sources import Counts, PageRead, PaperRecord
from papers.text import title_key

logger = logging.getLogger(__name__)


def load(records: Collection[PaperRecord]) -> list[Draft]:
    """Return the stored papers that these records may be about, oldest first."""
    ids = {record.arxiv_id for record in records if record.arxiv_id}
    keys = {title_key(record.title) for record in records}
    papers = Paper.objects.filter(Q(arxiv_id__in=ids) | Q(title_key__in=keys)).order_by("pk")
    seen = Observation.objects.filter(paper__in=[paper.pk for paper in papers]).order_by()
    counted_at = dict(seen.values_list("paper").annotate(Max("seen_at")))
    return [
        Draft(paper, counted_at=counted_at.get(paper.pk), before=fingerprint(paper))
        for paper in papers
    ]


def lay(records: Collection[PaperRecord], *, at: datetime) -> list[Draft]:
    """Lay the records over the papers that they are about, and return those; writes nothing."""
    shelf = Shelf(load(records))
    # A dict, because several records may be about one paper; it keeps their order.
    laid = dict.fromkeys(shelf.lay(record, at=at) for record in records)
    return [draft for draft in laid if draft]


def save(drafts: Collection[Draft], *, source: str) -> None:
    _save_papers(drafts)
    _save_observations(drafts, source=source)
    _save_choices(drafts)


def _save_papers(drafts: Iterable[Draft]) -> None:
    """Write back the changed papers, without touching their scores, then add new ones.

    In this order, because a new one may have the title that a known one has just given up.
    """
    changed = [draft for draft in drafts if draft.is_changed]
    Paper.objects.bulk_create(
        (draft.paper for draft in changed if draft.before is not None),
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=FIELDS,
    )
    Paper.objects.bulk_create(draft.paper for draft in changed if draft.before is None)


def save_pages(pages: Iterable[PageRead], *, at: datetime) -> None:
    """Remember by what names they are asked for the next time."""
    latest = {page.url: page for page in pages}  # one statement cannot update a row twice
    Page.objects.bulk_create(
        (
            Page(
                url=page.url,
                etag=page.etag,
                last_modified=page.last_modified,
                next_url=page.next_url,
                read_at=at,
            )
            for page in latest.values()
        ),
        update_conflicts=True,
        unique_fields=["url"],
        update_fields=["etag", "last_modified", "next_url", "read_at"],
    )


def _save_observations(drafts: Collection[Draft], *, source: str) -> None:
    """Add what was not observed before; what was is never changed."""
    paper_ids = [draft.paper.pk for draft in drafts if draft.before is not None]
    curves = _curves(paper_ids, source=source)
    Observation.objects.bulk_create(
        (
            Observation(
                paper_id=paper_id,
                source=source,
                seen_at=counts.seen_at,
                listed_on=listed_on,
                votes=counts.votes,
                comments=counts.comments,
                stars=counts.stars,
            )
            for draft in drafts
            for paper_id, listed_on, counts in _counted(draft)
            if curves[paper_id, listed_on].add(counts)
        ),
        ignore_conflicts=True,
    )


def _curves(paper_ids: Collection[int], *, source: str) -> defaultdict[tuple[int, date], Curve]:
    """Return what the source was seen to say before: by paper and list, in order of time."""
    seen = Observation.objects.filter(paper__in=paper_ids, source=source).order_by("seen_at", "pk")
    curves: defaultdict[tuple[int, date], Curve] = defaultdict(Curve)
    for row in seen:
        counts = Counts(row.seen_at, votes=row.votes, comments=row.comments, stars=row.stars)
        curves[row.paper_id, row.listed_on].add(counts)
    return curves


def _counted(draft: Draft) -> Iterator[tuple[int, date, Counts]]:
    for record in draft.records:
        for counts in record.counts:
            yield draft.paper.pk, record.listed_on or counts.seen_at.date(), counts


def _save_choices(drafts: Collection[Draft]) -> None:
    """Keep the topics that a source itself names as if an editor had chosen them.

    A topic that was merged stands for the one that it went into.
    """
    named = {slug for draft in drafts for record in draft.records for slug in record.topics}
    if not named:
        return

    topics = {
        topic.slug: topic.merged_into or topic
        for topic in Topic.objects.filter(slug__in=named).select_related("merged_into")
    }
    if unknown := named - topics.keys():
        logger.warning("topics that nobody defined are left out: %s", ", ".join(sorted(unknown)))
    chosen = {
        (draft.paper.pk, topics[slug].pk)
        for draft in drafts
        for record in draft.records
        for slug in record.topics
        if slug in topics
    }
    Assignment.objects.bulk_create(
        (
            Assignment(
                paper_id=paper_id,
                topic_id=topic_id,
                strength=1,  # without a reason: classifying finds one, if there is one
                is_by_hand=True,
            )
            for paper_id, topic_id in sorted(chosen)
        ),
        update_conflicts=True,
        unique_fields=["paper", "topic"],
        update_fields=["strength", "is_by_hand"],
    )
