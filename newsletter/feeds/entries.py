"""A paper as an entry of a feed.

Votes are left out: they change by the hour, and every reader would be shown the paper again.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.html import format_html_join
from django.utils.translation import gettext as _

from newsletter import addresses, paper_facts
from newsletter.feeds.terms import Category, Entry
from papers.models import Paper
from papers.text import clean

MOST_AUTHORS = 50
LONGEST_TEXT = 10_000  # characters of any text
ARXIV = "http://arxiv.org/schemas/atom"


def of(paper: Paper, *, why: str = "", at: datetime | None = None) -> Entry:
    """Return the entry of a paper that was loaded with its topics.

    Args:
        why: the reasons for which a reader got it, without a full stop.
        at: when he got it; for everybody, when it came onto the list that it is on.
    """
    summary = plain(paper.teaser)
    return Entry(
        id=tag("paper", paper.pk),
        url=addresses.paper_page(paper),
        title=plain(paper.title) or paper.key,
        summary=summary,
        html=_html(paper, why),
        authors=[plain(name) for name in paper.authors[:MOST_AUTHORS]],
        categories=_categories(paper),
        published=paper.published_at or paper.first_seen_at,
        updated=at or arrival(paper),
        related=list(paper_facts.links(paper).values()),
    )


def arrival(paper: Paper) -> datetime:
    """When it came onto its list; to us, if it is on none."""
    if paper.listed_on is None:
        return paper.first_seen_at
    return max(datetime.combine(paper.listed_on, time(tzinfo=UTC)), paper.first_seen_at)


def tag(kind: str, name: object) -> str:
    """Return an identifier that outlives every change of addresses (RFC 4151)."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},2026:{kind}/{name}"


def plain(text: str) -> str:
    """Return text on one line that XML can hold."""
    return clean(text, limit=LONGEST_TEXT)


def _categories(paper: Paper) -> list[Category]:
    topics = [found.topic for found in paper.assignments.all() if found.topic.is_active]
    ours = [Category(topic.slug, plain(topic.name)) for topic in topics]
    return ours + [Category(code, code, ARXIV) for code in map(plain, paper.categories)]


def _html(paper: Paper, why: str) -> str:
    links = paper_facts.links(paper).items()
    parts = [
        (plain(paper.byline),),
        (plain(paper.summary),),
        (plain(paper.abstract),),
        (plain(_("Why: %(reasons)s.") % {"reasons": why}) if why else "",),
        (format_html_join(" · ", '<a href="{1}">{0}</a>', links),),
    ]
    return format_html_join("\n", "<p>{}</p>", (part for part in parts if part[0]))
