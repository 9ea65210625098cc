"""The daily feeds of arXiv: what was announced last, as RSS or as Atom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from django.conf import settings

from papers.sources import Item, PaperRecord, Refused, fields
from papers.sources.arxiv import asking, elements, ids, names, withdrawal

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_ENTRIES = 2_000  # where arXiv cuts a feed; the new papers come last
CATEGORIES_AT_ONCE = 3  # on a full day these four hold 750: cs.AI, cs.CL, cs.CV, cs.LG

_ENTRIES = ("item", "entry")
_KINDS = frozenset({"new", "cross", "replace", "replace-cross"})
_PREFIX = re.compile(r"arXiv:\S+\s+Announce Type:\s*(?P<kind>\S+)\s*(?:Abstract:\s*)?")


def read(body: bytes, *, place: str, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
    """Read one feed.  Its list date is `listed_on`, else the date that its entries bear.

    New papers are on the list; cross-lists, too, if `ARXIV_CROSS_LISTS` is set.  All others
    are updates of papers that are here already.

    Raises:
        SourceError: for what is no feed, and for the feed that tells of an error.
    """
    asking.check(body, place=place)
    day_of_feed: date | None = None
    number = 0
    for element in elements.outermost(
        body, place=place, roots=("rss", "feed"), wanted=(*_ENTRIES, "pubDate")
    ):
        if elements.name(element) not in _ENTRIES:
            day_of_feed = _as_date(fields.abstract(element.text))
            continue
        number += 1
        day = listed_on or _day(element) or day_of_feed
        yield _record(element, place=f"{place}, entry {number}", listed_on=day)
    if number >= MOST_ENTRIES:
        yield Refused(
            place, f"it was cut after {MOST_ENTRIES:,} entries: new papers may be missing"
        )


def fetch() -> Iterator[Item]:
    """Ask for the feeds of `ARXIV_CATEGORIES`, a few categories at once, if they are new."""
    codes = settings.ARXIV_CATEGORIES
    groups = [
        "+".join(codes[start : start + CATEGORIES_AT_ONCE])
        for start in range(0, len(codes), CATEGORIES_AT_ONCE)
    ]
    for group in groups:
        url = f"{settings.ARXIV_FEED_URL.rstrip('/')}/rss/{group}"
        answer = asking.ask(url, {}, if_changed=True)
        if not answer.is_unchanged:
            yield from read(answer.body, place=f"arXiv's feed of {group}", listed_on=None)
        if answer.page:
            yield answer.page


def _record(entry: Element, *, place: str, listed_on: date | None) -> PaperRecord | Refused:
    name = elements.text(entry, "guid", "id")
    identifier, version = ids.identified(name)
    if not identifier:
        return Refused(place, "its id is not an arXiv id", excerpt=name[:500])
    told = elements.text(entry, "description", "summary")
    prefix = _PREFIX.match(told)
    kind = elements.text(entry, "announce_type") or (prefix["kind"] if prefix else "")
    if kind not in _KINDS:
        return Refused(place, f"its announce type is {kind[:50]!r}", excerpt=name)
    try:
        title = fields.title(elements.text(entry, "title"))
    except fields.BadField as error:
        return Refused(place, str(error), excerpt=name)
    abstract = told[prefix.end() :] if prefix else told
    is_listed = kind == "new" or (kind == "cross" and settings.ARXIV_CROSS_LISTS)
    return PaperRecord(
        title=title,
        place=place,
        arxiv_id=identifier,
        abstract=abstract,
        authors=fields.names(_authors(entry)),
        categories=_categories(entry),
        listed_on=listed_on if is_listed else None,
        version=version,
        is_withdrawn=withdrawal.by_words(comment="", abstract=abstract) or None,
        is_update=not is_listed,
    )


def _authors(entry: Element) -> Iterator[str]:
    for creator in elements.every(entry, "creator"):
        yield from names.split(fields.abstract(creator.text))


def _categories(entry: Element) -> tuple[str, ...]:
    labels = elements.every(entry, "category")
    return fields.categories(label.get("term") or label.text for label in labels)


def _day(entry: Element) -> date | None:
    return _as_date(elements.text(entry, "pubDate", "published"))


def _as_date(text: str) -> date | None:
    """Read the date of a moment, as it is in the moment's own zone: midnight in New York."""
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return parse(text).date()
        except (ValueError, TypeError, OverflowError):
            continue
    return None
