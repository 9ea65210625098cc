"""What a card says of one paper: its words cut, folded for plain text, and its links checked."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from newsletter import reasons, wording
from newsletter.columns import WIDTH, fold
from newsletter.lint.links import is_fit
from newsletter.tongues import OF_PAPERS, language_of
from papers.models import Paper
from papers.text import clean
from papers.wording import shorten
from subscriptions.encode import mark

INDENT = "    "
LONGEST_TITLE, LONGEST_TEASER = 1000, 1000  # characters; no card fills a mail
SHORT_TITLE = 90  # characters in the table of contents
RULE = "-" * WIDTH
HOST = re.compile(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)


class Holes:
    """In templates, `hole.name` is the mark where `name` will be filled in."""

    def __getitem__(self, name: str) -> str:
        return mark(name)


def facts(paper: Paper, place: tuple[int, int], *, detours: Mapping[str, str]) -> dict[str, Any]:
    """Return what the templates of a card need.

    Args:
        place: the paper's rank in the list of its day, from 1, and how long that list is.
        detours: url -> where a link to it leads in HTML; those that are not in it lead there.
    """
    title = shorten(plain(paper.title), LONGEST_TITLE)
    authors, teaser = plain(paper.byline), shorten(plain(paper.teaser), LONGEST_TEASER)
    return {
        "hole": Holes(),
        "rule": RULE,
        "title": title,
        "title_language": language_of(title) or OF_PAPERS,
        "title_folded": fold(title, indent=INDENT, first=len(INDENT)),
        "short_title": shorten(title, SHORT_TITLE),
        "row_folded": fold(shorten(title, SHORT_TITLE), indent=INDENT, first=len(INDENT)),
        "url": detours.get(paper.abstract_url, paper.abstract_url),
        "authors": authors,
        "authors_folded": fold(authors, indent=INDENT),
        "teaser": teaser,
        "teaser_language": language_of(teaser) or OF_PAPERS,
        "teaser_folded": fold(teaser, indent=INDENT),
        "votes": wording.votes(paper.votes),
        "heat": wording.heat(*place),
        "links": [
            {"label": label, "url": url, "through": detours.get(url, url)}
            for label, url in links(paper).items()
        ],
        "feedback_url": page("newsletter:feedback", "feedback", paper.pk),
        "topics": [
            (found.topic_id, plain(found.topic.label), plain(reasons.sign(found.reason)))
            for found in paper.assignments.all()
        ],
    }


def plain(text: str) -> str:
    """Return text on one line, without what a mail cannot hold or a mark is made of."""
    return clean(text, limit=2 * len(text) + 1).replace("\ufffd", "?")


def page(name: str, token: str, *rest: object) -> str:
    """Return the address of a page with a mark where the reader's token goes."""
    return settings.SITE_URL + reverse(name, args=["TOKEN", *rest]).replace("TOKEN", mark(token))


def ranks(papers: Iterable[Paper]) -> dict[int, tuple[int, int]]:
    """Return paper id -> its rank in the list of its day and the length of that list."""
    days = {paper.listed_on for paper in papers if paper.listed_on}
    lists: dict[date | None, list[int]] = defaultdict(list)
    rows = Paper.objects.filter(listed_on__in=days).hottest_first()
    for pk, day in rows.values_list("pk", "listed_on"):
        lists[day].append(pk)
    return {pk: (rank, len(day)) for day in lists.values() for rank, pk in enumerate(day, start=1)}


def urls(paper: Paper) -> set[str]:
    """Return all addresses that its card links to."""
    return {paper.abstract_url, *links(paper).values()}


def links(paper: Paper) -> dict[str, str]:
    """Return label -> address of what can be read of it elsewhere, in the order of the card."""
    found = {
        _("Abstract"): paper.abstract_url,
        _("PDF"): paper.pdf_url,
        _("Code"): paper.code_url,
        _("Project"): paper.project_url,
    }
    return {label: url for label, url in found.items() if is_safe(url)}


def is_safe(url: str) -> bool:
    """Whether a mail may link to it: https, a host with a name, no user, nothing unprintable.

    What the examination of mails would refuse is left out, or one paper would stop an issue.
    """
    if not url.isascii() or not url.isprintable() or set(url) & set(' "<>\\'):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    has_name = HOST.fullmatch(parts.netloc) is not None
    return parts.scheme == "https" and has_name and is_fit(url)
