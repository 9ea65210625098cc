"""arXiv over OAI-PMH: everything that changed since a day, to find what the feeds missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from papers import taxonomy
from papers.sources import Bookmark, Item, PaperRecord, Refused, SourceError, reading
from papers.sources.arxiv import asking, deposits, elements, ids, oai_formats

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FORMAT = "arXivRaw"  # the only one that tells versions, exact moments and withdrawals
BAD_TOKEN, NO_RECORDS = "badResumptionToken", "noRecordsMatch"
MOST_PAGES = 2_000  # of about 1,300 records
PAGE_SECONDS = 120.0  # arXiv took up to 90 for one page at the end of a day
NEWS = timedelta(days=10)  # a paper whose first version is older than that is no news


@dataclass(slots=True)
class _Page:
    token: str = ""  # of the next page
    error: str = ""  # code of what went wrong
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a harvest stands, as a bookmark notes it."""

    since: date
    until: date
    subject: str  # the OAI set that is being read
    token: str

    def __str__(self) -> str:
        return f"{self.since} {self.until} {self.subject} {self.token}"

    @classmethod
    def of(cls, text: str) -> _Place | None:
        try:
            since, until, subject, token = text.split(" ", 3)
            return cls(date.fromisoformat(since), date.fromisoformat(until), subject, token)
        except ValueError:
            return None


def read(path: Path, *, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
    """Read one saved page in any of the formats arXivRaw, arXiv and oai_dc."""
    yield from parse(reading.read_bytes(path), place=path.name, listed_on=listed_on)


def parse(body: bytes, *, place: str, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
    """Read one page; without `listed_on` the list is that of the first version, if it is told.

    Raises:
        SourceError: for what is no such page, and for an answer that tells of an error.
    """
    page = _Page()
    for item in _items(body, page, place=place):
        if isinstance(item, PaperRecord) and not item.is_update:
            yield replace(item, listed_on=listed_on or item.listed_on)
        else:
            yield item
    if page.error and page.error != NO_RECORDS:
        raise SourceError(f"{place}: arXiv says: {page.error}: {page.reason}")


def fetch(*, since: date, until: date, bookmark: str = "") -> Iterator[Item]:
    """Ask for all that changed in [since, until] in `ARXIV_CATEGORIES`, with bookmarks.

    A bookmark of a harvest since another day is left aside; one that arXiv does not take any
    more begins its subject again.
    """
    left = _Place.of(bookmark) if bookmark else None
    subjects = list(dict.fromkeys(subject(code) for code in settings.ARXIV_CATEGORIES))
    if left and (left.since != since or left.subject not in subjects):
        left = None
    if left:
        until, subjects = left.until, subjects[subjects.index(left.subject) :]
    for number, name in enumerate(subjects):
        start = _Place(since, until, name, token=left.token if left and not number else "")
        if number:
            yield Bookmark(str(start))
        yield from _harvest(start)


def subject(code: str) -> str:
    """Return the OAI set of a category: cs.AI is cs:cs:AI, hep-th is physics:hep-th."""
    archive, _, name = code.partition(".")
    category = taxonomy.categories().get(code)
    group = "physics" if category and category.group == "Physics" else archive
    return ":".join(filter(None, (group, archive, name)))


def _harvest(place: _Place) -> Iterator[Item]:
    """Read the pages of one set, from the token of `place` or from its first day."""
    said = f"arXiv's records of {place.subject} since {place.since}"
    tokens: set[str] = set()
    is_begun_again = False
    for _ in range(MOST_PAGES):
        page = _Page()
        for item in _items(_ask(place), page, place=said):
            yield _as_news(item, since=place.since)
        if page.error == BAD_TOKEN and place.token and not is_begun_again:
            is_begun_again, tokens = True, set()
        elif page.error and page.error != NO_RECORDS:
            message = f"{said}: arXiv says: {page.error}: {page.reason}"
            raise SourceError(message, temporary=page.error == BAD_TOKEN)
        elif not page.token:
            return
        elif page.token in tokens:
            raise SourceError(f"{said} go round in a circle", temporary=True)
        tokens.add(page.token)
        place = replace(place, token=page.token)
        yield Bookmark(str(place))
    raise SourceError(f"{said} go on after {MOST_PAGES:,} pages")


def _ask(place: _Place) -> bytes:
    span = {
        "metadataPrefix": FORMAT,
        "set": place.subject,
        "from": place.since.isoformat(),
        "until": place.until.isoformat(),
    }
    what = {"resumptionToken": place.token} if place.token else span
    try:
        params = {"verb": "ListRecords", **what}
        return asking.ask(settings.ARXIV_OAI_URL, params, seconds=PAGE_SECONDS).body
    except asking.Refusal as refusal:
        if elements.root(refusal.body) == "OAI-PMH" and not refusal.temporary:
            return refusal.body  # its error codes say more than the status
        raise


def _items(body: bytes, page: _Page, *, place: str) -> Iterator[PaperRecord | Refused]:
    """Yield the records, and note on the page what else the answer says."""
    now = datetime.now(UTC)
    number = 0
    for element in elements.outermost(
        body, place=place, roots=("OAI-PMH",), wanted=("record", "resumptionToken", "error")
    ):
        match elements.name(element):
            case "resumptionToken":
                page.token = (element.text or "").strip()
            case "error":
                page.error = (element.get("code") or "error")[:100]
                page.reason = " ".join((element.text or "").split())[:300]
            case _:
                number += 1
                yield _record(element, place=f"{place}, record {number}", now=now)


def _record(record: Element, *, place: str, now: datetime) -> PaperRecord | Refused:
    header = next(iter(elements.every(record, "header")), None)
    if header is None:
        return Refused(place, "it has no header")
    name = elements.text(header, "identifier")
    identifier, _ = ids.identified(name)
    if not identifier:
        return Refused(place, "its identifier is not an arXiv id", excerpt=name[:500])
    if header.get("status") == "deleted":
        return PaperRecord(
            title="", place=place, arxiv_id=identifier, is_withdrawn=True, is_update=True
        )
    described = [child for data in elements.every(record, "metadata") for child in data]
    if not described or (elements.name(described[0]) not in oai_formats.READERS):
        return Refused(place, "its metadata have no format that is read", excerpt=name)
    reader = oai_formats.READERS[elements.name(described[0])]
    return deposits.record(reader(described[0], identifier=identifier, now=now), place=place)


def _as_news(item: PaperRecord | Refused, *, since: date) -> PaperRecord | Refused:
    """Let old papers that changed, and those of other subjects, update only."""
    if not isinstance(item, PaperRecord) or item.is_update:
        return item
    submitted = item.published_at
    is_recent = submitted is not None and submitted.date() >= since - NEWS
    wanted = taxonomy.normals(settings.ARXIV_CATEGORIES)
    shown = item.categories if settings.ARXIV_CROSS_LISTS else item.categories[:1]
    is_news = is_recent and not item.is_withdrawn and not set(wanted).isdisjoint(shown)
    return item if is_news else replace(item, listed_on=None, is_update=True)
