"""Papers: all that are not withdrawn, one of them, and those that trend."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.db.models import F
from django.http import Http404, HttpRequest
from django.utils.timezone import now
from ninja import Path, Query, Router
from pydantic import Field

from newsletter.api import reading, shapes
from newsletter.api.values import Day, Page, SomeOrder, SomeSlug, Words
from newsletter.site import lists
from newsletter.site.windows import SPANS, Sort, Window
from papers import search
from papers.models import Paper, PaperQuerySet, Topic

router = Router(tags=["papers"])
SPAN = r"^(today|week|month|[0-9]{4}-[0-9]{2}-[0-9]{2})$"


class Filters(Page):
    """Which papers."""

    topic: SomeSlug = Field(None, description="About this topic.", examples=["agents"])
    since: Day = Field(None, description="On a list of this day or a later one.")
    until: Day = Field(None, description="On a list of this day or an earlier one.")
    q: Words = Field(
        None,
        description='Words, "whole phrases" and -words to look for.',
        examples=["tool use"],
    )
    sort: SomeOrder = Field(
        None,
        description="Newest list first, hottest trend, most votes, or most relevant to what is"
        " looked for. Without it: relevance if something is looked for, else newest.",
    )


@router.get(
    "/papers",
    response={200: shapes.Papers, 404: shapes.Error, 422: shapes.Error, 429: shapes.Error},
    summary="List papers",
    url_name="papers",
    operation_id="listPapers",
)
def papers(request: HttpRequest, filters: Query[Filters]) -> shapes.Papers:
    """All papers that we know, without those that were withdrawn.

    404 if there is no such topic.
    """
    rows = ordered(_matching(filters), filters)
    found, following = reading.page(request, reading.shown(rows), filters)
    return shapes.Papers(items=reading.papers(found), next=following)


@router.get(
    "/papers/{path:key}",
    response={200: shapes.Paper, 404: shapes.Error, 422: shapes.Error, 429: shapes.Error},
    summary="Read a paper",
    url_name="paper",
    operation_id="readPaper",
)
def paper(
    request: HttpRequest,
    key: Annotated[str, Path(description="Its key.", max_length=40, examples=[shapes.KEY])],
) -> shapes.Paper:
    """One paper by its key; 404 if there is none, or it was withdrawn."""
    found = reading.shown(Paper.objects.standing().by_key(key)).first()
    if found is None:
        raise Http404
    return reading.paper(found)


@router.get(
    "/trending/{span}",
    response={200: shapes.Trending, 404: shapes.Error, 422: shapes.Error, 429: shapes.Error},
    summary="Read what trends",
    url_name="trending",
    operation_id="readTrending",
)
def trending(
    request: HttpRequest,
    span: Annotated[
        str,
        Path(pattern=SPAN, description='"today", "week", "month", or a date.', examples=["today"]),
    ],
    part: Query[Page],
) -> shapes.Trending:
    """The newest list, those of a week or a month up to it, or the list of one day; hottest first.

    404 if there was no list on that day.
    """
    window = _window(span, today=now().date())
    rows = reading.shown(lists.papers_of(window, Sort.TREND).defer(None))
    found, following = reading.page(request, rows, part)
    if not found and span not in SPANS and not part.offset:
        raise Http404
    return shapes.Trending(
        items=reading.papers(found), next=following, since=window.since, until=window.until
    )


def ordered(rows: PaperQuerySet, filters: Filters) -> PaperQuerySet:
    """Put papers in the order that was asked for; ties are always in the same order."""
    match filters.sort or ("relevance" if filters.q else "newest"):
        case "relevance" if filters.q:
            return rows.order_by(F("relevance").desc(), "pk")
        case "trend":
            return rows.hottest_first()
        case "votes":
            return rows.order_by("-votes", "-trend_score", "pk")
        case _:
            return rows.order_by(F("listed_on").desc(nulls_last=True), "-trend_score", "pk")


def _matching(filters: Filters) -> PaperQuerySet:
    rows = _found(filters).standing()
    if filters.topic:
        topic = Topic.objects.active().filter(slug=filters.topic).first()
        if topic is None:
            raise Http404
        rows = rows.filter(assignments__topic=topic)
    if filters.since:
        rows = rows.filter(listed_on__gte=filters.since)
    if filters.until:
        rows = rows.filter(listed_on__lte=filters.until)
    return rows


def _found(filters: Filters) -> PaperQuerySet:
    """What a search finds; how relevant it is only if that is asked for, for it takes long."""
    if not filters.q:
        return Paper.objects.all()
    found = search.find(filters.q)
    is_needed = filters.sort in (None, "relevance")
    return found if is_needed else Paper.objects.filter(pk__in=found.values("pk"))


def _window(span: str, *, today: date) -> Window:
    if span in SPANS:
        return Window.ending(lists.newest(until=today) or today, span=span)
    try:
        day = date.fromisoformat(span)
    except ValueError as error:
        raise Http404 from error
    if day > today:
        raise Http404
    return Window(day, day)
