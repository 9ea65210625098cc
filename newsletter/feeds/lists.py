"""The feeds that are the same for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from newsletter import addresses
from newsletter.candidates import CERTAIN
from newsletter.feeds import entries
from newsletter.feeds.terms import Entry, Feed
from papers import search
from papers.models import Assignment, Paper, PaperQuerySet, Topic

LENGTH = 50  # entries
MOST_TOPICS = 50  # of one feed
FORMS = ("atom", "json")


def trending(*, today: date) -> Feed:
    """The papers of the newest lists."""
    return Feed(
        id=entries.tag("feed", "trending"),
        title=settings.SITE_NAME,
        subtitle=_("The papers that the research community votes for, newest lists first."),
        page_url=addresses.page("site:trending"),
        urls=urls("feeds:trending"),
        entries=_newest(Paper.objects.all(), today=today),
    )


def about(topics: Sequence[Topic], *, today: date) -> Feed:
    """Papers on any of these topics, of which there is at least one."""
    names, slugs = ", ".join(topic.name for topic in topics), slugs_of(topics)
    is_about = Assignment.objects.filter(
        paper=OuterRef("pk"), topic__in=[topic.pk for topic in topics], strength__gte=CERTAIN
    )
    return Feed(
        id=entries.tag("feed", f"topics/{slugs}"),
        title=f"{names} - {settings.SITE_NAME}",
        subtitle=_("Trending papers on %(topics)s.") % {"topics": names},
        page_url=_page_of(topics),
        urls=urls("feeds:topics", slugs),
        entries=_newest(Paper.objects.filter(Exists(is_about)), today=today),
    )


def found(q: str, *, today: date) -> Feed:
    """What a search finds now, newest first."""
    query, shown = urlencode({"q": q}), entries.plain(q)
    matching = search.find(q).values("pk")  # how relevant each is need not be worked out
    return Feed(
        id=entries.tag("feed", f"search?{query}"),
        title=f"{shown} - {settings.SITE_NAME}",
        subtitle=_("Papers found by a search for “%(words)s”.") % {"words": shown},
        page_url=f"{addresses.page('site:search')}?{query}",
        urls={form: f"{url}?{query}" for form, url in urls("feeds:search").items()},
        entries=_newest(Paper.objects.filter(pk__in=matching), today=today),
    )


def slugs_of(topics: Sequence[Topic]) -> str:
    """Return what a feed of topics is called, in whichever order they were asked for."""
    return "+".join(sorted({topic.slug for topic in topics}))


def _page_of(topics: Sequence[Topic]) -> str:
    if len(topics) > 1:
        return addresses.page("site:topics")
    return addresses.page("site:topic", topics[0].slug)


def urls(name: str, *args: str) -> dict[str, str]:
    """Return form -> address of a feed."""
    return {form: addresses.page(name, *args, form) for form in FORMS}


def _newest(papers: PaperQuerySet, *, today: date) -> list[Entry]:
    listed = papers.standing().filter(listed_on__lte=today).hottest_first()
    ordered = listed.order_by("-listed_on", *listed.query.order_by)
    return [entries.of(paper) for paper in shown(ordered)[:LENGTH]]


def shown(papers: PaperQuerySet) -> PaperQuerySet:
    """With what is said of a paper, and without what is only for matching."""
    return papers.with_topics().defer("vector", "source_title", "source_abstract")
