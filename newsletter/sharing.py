"""What a public page says of itself to other machines: its one address, a title, a picture, feeds.

By the name of its view, so that a page that is not listed here says nothing: most are somebody's
own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from newsletter import addresses
from papers.models import Topic

KEPT = ("lang", "page")  # parameters that make another page of it
LISTS = {"site:trending": "today", "site:week": "week", "site:month": "month"}
FRONT = {"subscriptions:join", "newsletter:landing", "newsletter:subscribe"}


@dataclass(frozen=True, slots=True)
class Sharing:
    """How a link to a page looks where people pass it on."""

    title: str
    description: str
    picture: str  # a whole address
    feed: str = "feeds:trending"  # the name of its view
    feed_args: tuple[str, ...] = ()
    kind: str = "website"  # of Open Graph

    @property
    def feeds(self) -> dict[str, str]:
        """Media type -> address."""
        return {
            "application/atom+xml": addresses.page(self.feed, *self.feed_args, "atom"),
            "application/feed+json": addresses.page(self.feed, *self.feed_args, "json"),
        }

    @property
    def locale(self) -> str:
        return to_locale(get_language() or settings.LANGUAGE_CODE)


def of(name: str, args: Mapping[str, Any], context: Mapping[str, Any]) -> Sharing | None:
    """Return what the page of a view says; None for one that says nothing.

    Args:
        name: of the view, with its namespace.
        args: that the address holds.
        context: of its template.
    """
    if name in LISTS:
        return _list(LISTS[name])
    match name, context:
        case "site:day", {"window": window, "page": page} if page.object_list:
            title = _("Trending papers of %(day)s") % {"day": date_format(window.until)}
            return Sharing(title, promise(), addresses.page("pictures:list", args["on"]))
        case "site:topic", {"topic": topic}:
            return _topic(topic)
        case "site:paper", {"paper": paper} if not paper.is_withdrawn:
            picture = addresses.page("pictures:paper", paper.key)
            return Sharing(paper.title, paper.teaser, picture, kind="article")
    return _other(name)


def canonical(request: HttpRequest) -> str:
    """The one address of a page, whichever host, order and other parameters were asked for."""
    kept = {name: request.GET[name] for name in KEPT if name in request.GET}
    if kept.get("page", "") in {"", "1"} or not kept["page"].isdecimal():
        kept.pop("page", None)
    if kept.get("lang") not in dict(settings.LANGUAGES):
        kept.pop("lang", None)
    return addresses.absolute(request.path) + (f"?{urlencode(kept)}" if kept else "")


def promise() -> str:
    return _("Trending research papers on your topics, as often as you like, in your email inbox.")


def _list(span: str) -> Sharing:
    titles = {
        "today": _("Trending papers today"),
        "week": _("Trending papers of the week"),
        "month": _("Trending papers of the month"),
    }
    return Sharing(titles[span], promise(), addresses.page("pictures:list", span))


def _topic(topic: Topic) -> Sharing:
    about = topic.description or _("Trending papers on %(topics)s.") % {"topics": topic.name}
    picture = addresses.page("pictures:topic", topic.slug)
    return Sharing(topic.name, about, picture, "feeds:topics", (topic.slug,))


def _other(name: str) -> Sharing | None:
    titles = {
        **dict.fromkeys(FRONT, settings.SITE_NAME),
        "site:topics": _("Topics"),
        "newsletter:archive": _("Archive"),
    }
    if name not in titles:
        return None
    return Sharing(titles[name], promise(), addresses.page("pictures:trending"))
