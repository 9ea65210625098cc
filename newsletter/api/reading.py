"""Rows as the API says them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from newsletter import addresses, paper_facts
from newsletter.api import shapes
from newsletter.api.values import FURTHEST, Page
from newsletter.models import Issue
from papers.models import Paper, PaperQuerySet, Topic

Row = TypeVar("Row", bound=Model)


def papers(rows: Iterable[Paper]) -> list[shapes.Paper]:
    return [paper(row) for row in rows]


def paper(row: Paper) -> shapes.Paper:
    """Say all of a paper that was loaded with its topics."""
    about = [found.topic for found in row.assignments.all() if found.topic.is_active]
    return shapes.Paper(
        key=row.key,
        title=row.title,
        authors=_texts(row.authors),
        summary=row.summary,
        abstract=row.abstract,
        categories=_texts(row.categories),
        topics=[shapes.TopicName(slug=topic.slug, name=topic.name) for topic in about],
        published_at=row.published_at,
        listed_on=row.listed_on,
        version=row.version,
        votes=row.votes,
        comments=row.comments,
        stars=row.stars,
        trend=row.trend_score,
        page_url=addresses.paper_page(row),
        abstract_url=row.abstract_url or None,
        pdf_url=row.pdf_url or None,
        code_url=_safe(row.code_url),
        project_url=_safe(row.project_url),
    )


def shown(rows: PaperQuerySet) -> PaperQuerySet:
    """With what is said of a paper, and without what is only for matching."""
    return rows.with_topics().defer("vector", "source_title", "source_abstract")


def topic(row: Topic) -> shapes.Topic:
    return shapes.Topic(
        slug=row.slug,
        name=row.name,
        description=row.description,
        page_url=addresses.page("site:topic", row.slug),
        feed_url=addresses.page("feeds:topics", row.slug, "atom"),
    )


def issue(row: Issue) -> shapes.Issue:
    return shapes.Issue(
        slug=row.slug,
        cadence=row.cadence,
        on=row.on,
        introduction=row.introduction,
        page_url=addresses.page("newsletter:issue", row.slug),
    )


def page(request: HttpRequest, rows: QuerySet[Row], part: Page) -> tuple[list[Row], str | None]:
    """Return the rows of a page, and the address of the next one if there is one."""
    limit, following = part.limit, part.offset + part.limit
    found = list(rows[part.offset : following + 1])
    if len(found) <= limit or following > FURTHEST:
        return found[:limit], None
    query = urlencode({**request.GET.dict(), "limit": limit, "offset": following})
    return found[:limit], addresses.absolute(f"{request.path}?{query}")


def _safe(url: str) -> str | None:
    return url if url and paper_facts.is_safe(url) else None


def _texts(values: object) -> list[str]:
    return [text for text in values if isinstance(text, str)] if isinstance(values, list) else []
