"""arXiv's query API, for look-ups by id: what does it say of these papers now?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from django.conf import settings

from papers.sources import PaperRecord, Refused, fields
from papers.sources.arxiv import asking, elements, ids, withdrawal

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_IDS = 100  # in one request

_BAD_ID = "incorrect id format for "


def read(body: bytes, *, place: str, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
    """Read one answer.  It knows nothing of lists, so `listed_on` is passed on as it is.

    Raises:
        SourceError: for anything but an Atom feed, and for the one that tells of an error.
    """
    asking.check(body, place=place)
    now = datetime.now(UTC)
    entries = elements.outermost(body, place=place, roots=("feed",), wanted=("entry",))
    for number, entry in enumerate(entries, start=1):
        yield _record(entry, place=f"{place}, entry {number}", listed_on=listed_on, now=now)


def lookup(wanted: Collection[str]) -> Iterator[PaperRecord | Refused]:
    """Ask for papers by their ids, a hundred at once; the records only update.

    What is no id, or an id of which arXiv says nothing, is refused.

    Raises:
        SourceError: if arXiv cannot be asked, or answers something else.
    """
    known = [name for name in wanted if name and fields.arxiv_id(name) == name]
    for name in wanted:
        if not name or fields.arxiv_id(name) != name:
            yield Refused(f"look-up of {name[:50]!r}", "this is not an arXiv id")
    for batch in _batches(known):
        yield from _answered(batch)


def _batches(wanted: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(wanted), MOST_IDS):
        yield list(wanted[start : start + MOST_IDS])


def _answered(batch: list[str]) -> Iterator[PaperRecord | Refused]:
    """Ask for one batch, again without an id at which arXiv takes offence."""
    while batch:
        try:
            body = _ask(batch)
        except asking.Refusal as refusal:
            offending = refusal.reason.removeprefix(_BAD_ID)
            if offending not in batch:
                raise
            yield Refused(f"look-up of {offending}", f"arXiv says: {refusal.reason}")
            batch = [identifier for identifier in batch if identifier != offending]
            continue
        yield from _matched(batch, body)
        return


def _matched(batch: Collection[str], body: bytes) -> Iterator[PaperRecord | Refused]:
    missing = dict.fromkeys(batch)
    for item in read(body, place="arXiv's answer", listed_on=None):
        if isinstance(item, PaperRecord):
            missing.pop(item.arxiv_id, None)
            yield replace(item, is_update=True)
        else:
            yield item
    for identifier in missing:
        yield Refused(f"look-up of {identifier}", "arXiv does not know this id, or not yet")


def _ask(batch: Sequence[str]) -> bytes:
    # Without max_results, ten papers are all that is told of any number of ids.
    params = {"id_list": ",".join(batch), "start": "0", "max_results": str(len(batch))}
    return asking.ask(f"{settings.ARXIV_API_URL.rstrip('/')}/query", params).body


def _record(
    entry: Element, *, place: str, listed_on: date | None, now: datetime
) -> PaperRecord | Refused:
    address = elements.text(entry, "id")
    identifier, version = ids.identified(address)
    if not identifier:
        return Refused(place, "its id is not an arXiv id", excerpt=address[:500])
    try:
        title = fields.title(elements.text(entry, "title"))
    except fields.BadField as error:
        return Refused(place, str(error), excerpt=address[:500])
    abstract, comment = elements.text(entry, "summary"), elements.text(entry, "comment")
    authors = elements.every(entry, "author")
    labels = [*elements.every(entry, "primary_category"), *elements.every(entry, "category")]
    return PaperRecord(
        title=title,
        place=place,
        arxiv_id=identifier,
        abstract=abstract,
        authors=fields.names(elements.text(author, "name") for author in authors),
        categories=fields.categories(label.get("term") for label in labels),
        published_at=fields.moment(elements.text(entry, "published"), until=now),
        listed_on=listed_on,
        version=version,
        # The source is not shown here: without a word of it, nobody knows.
        is_withdrawn=withdrawal.by_words(comment=comment, abstract=abstract) or None,
    )
