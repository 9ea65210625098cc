"""What the picture of a page shows: the same as the page, in few words."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletter.pictures.letters import drawable
from newsletter.pictures.poster import ROWS, Poster, Row
from newsletter.pictures.typeface import typeface
from newsletter.site import lists
from newsletter.site.windows import Sort, Window
from papers.models import Paper, PaperQuerySet, Topic

LONGEST = 300  # characters that are looked at
HEADINGS = {
    "today": lambda: _("Trending today"),
    "week": lambda: _("Trending this week"),
    "month": lambda: _("Trending this month"),
}


def of_span(name: str, *, today: date) -> Poster:
    """The newest list, or those of a week or a month up to it; `name` is a key of SPANS."""
    newest = lists.newest(until=today)
    heading = HEADINGS[name]()
    if newest is None:
        return _empty(heading)
    papers = lists.papers_of(Window.ending(newest, span=name), Sort.TREND)
    return _poster(_day(newest), heading, papers)


def of_day(day: date) -> Poster | None:
    """The list of one day; None if there was none."""
    papers = lists.papers_of(Window(day, day), Sort.TREND)
    poster = _poster(_day(day), _("Trending papers"), papers)
    return poster if poster.rows else None


def of_topic(topic: Topic, *, today: date) -> Poster:
    newest = lists.newest(until=today)
    heading = _drawn(topic.name) or topic.slug
    if newest is None:
        return _empty(heading)
    papers = lists.papers_of(Window.ending(newest, span="week"), Sort.TREND, topic=topic)
    return _poster(_day(newest), heading, papers)


def of_paper(paper: Paper) -> Poster:
    """One paper, loaded with its topics."""
    about = [found.topic.name for found in paper.assignments.all() if found.topic.is_active]
    votes = ngettext("%(n)s vote", "%(n)s votes", paper.votes) % {"n": f"{paper.votes:,}"}
    lines = (paper.byline, ", ".join(about[:3]), votes if paper.votes else "")
    drawn = tuple(line for line in map(_drawn, lines) if line)
    return Poster(_site(), _day(paper.listed_on), _title(paper), drawn)


def _empty(heading: str) -> Poster:
    return Poster(_site(), "", _drawn(heading) or _site())


def _poster(aside: str, heading: str, papers: PaperQuerySet) -> Poster:
    found = papers.prefetch_related(None)[:ROWS]
    rows = tuple(Row(_title(paper), round(paper.trend_score, 2)) for paper in found)
    return Poster(_site(), aside, _drawn(heading) or _site(), rows=rows)


def _title(paper: Paper) -> str:
    """Its title; its number where that cannot be drawn."""
    number = f"arXiv {paper.arxiv_id}" if paper.arxiv_id else paper.key
    return _drawn(paper.title) or number


def _site() -> str:
    return _drawn(settings.SITE_NAME) or str(urlsplit(settings.SITE_URL).hostname)


def _day(day: date | None) -> str:
    """The date as the language writes it, or as numbers where its letters cannot be drawn."""
    if day is None:
        return ""
    written = date_format(day, "DATE_FORMAT")
    return written if _drawn(written) == written else day.isoformat()


def _drawn(text: str) -> str:
    return drawable(text[:LONGEST], typeface(settings.PICTURE_FONT).can_draw)
