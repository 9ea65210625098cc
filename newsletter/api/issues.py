"""Issues that were sent, as they are to everybody."""

from __future__ import annotations

from typing import Annotated

from django.db.models import Max
from django.http import Http404, HttpRequest
from ninja import Path, Query, Router

from newsletter.api import reading, shapes
from newsletter.api.values import Page
from newsletter.compose import IN_ARCHIVE
from newsletter.models import Card, Issue
from papers.models import Paper

router = Router(tags=["issues"])


@router.get(
    "/issues",
    response={200: shapes.Issues, 422: shapes.Error, 429: shapes.Error},
    summary="List issues",
    url_name="issues",
    operation_id="listIssues",
)
def issues(request: HttpRequest, part: Query[Page]) -> shapes.Issues:
    """Issues that were sent, newest first."""
    found, following = reading.page(request, Issue.objects.published(), part)
    return shapes.Issues(items=[reading.issue(row) for row in found], next=following)


@router.get(
    "/issues/{slug}",
    response={200: shapes.IssueWithPapers, 404: shapes.Error, 422: shapes.Error, 429: shapes.Error},
    summary="Read an issue",
    url_name="issue",
    operation_id="readIssue",
)
def issue(
    request: HttpRequest,
    slug: Annotated[str, Path(description="Its slug.", max_length=40, examples=["daily-20260317"])],
) -> shapes.IssueWithPapers:
    """One issue with the papers of its general edition that were not withdrawn since."""
    found = Issue.objects.published().by_slug(slug).first()
    if found is None:
        raise Http404
    ids = _edition(found)
    rows = reading.shown(Paper.objects.standing()).in_bulk(ids)
    papers = reading.papers(rows[pk] for pk in ids if pk in rows)
    return shapes.IssueWithPapers(**reading.issue(found).dict(), papers=papers)


def _edition(issue: Issue) -> list[int]:
    """The papers of its page, the hottest first, in whichever languages it was rendered."""
    cards = Card.objects.filter(issue=issue).values("paper_id").annotate(heat=Max("trend"))
    return [card["paper_id"] for card in cards.order_by("-heat", "paper_id")[:IN_ARCHIVE]]
