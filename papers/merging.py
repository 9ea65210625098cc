"""What a record changes about a paper, decided in memory; no database, no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from papers.models import Paper
from papers.sources import Counts, PaperRecord, Refused, fields
from papers.text import clean, title_key

TITLE_LENGTH = 500
ABSTRACT_LENGTH = 5_000
MOST_COUNT = 2**31 - 1  # the largest number that the database takes
CLOCK_ERROR = timedelta(days=1)  # how far ahead of us a source may be

# Of a paper, what records decide.
TEXTS = ("title", "abstract", "summary", "code_url", "project_url")
FIELDS = (
    *TEXTS, "arxiv_id", "title_key", "authors", "categories", "published_at", "listed_on",
    "votes", "comments", "stars",
)  # fmt: skip


def check(item: PaperRecord | Refused, *, at: datetime) -> PaperRecord | Refused:
    """Return the record cut to what can be stored, or say why it cannot be."""
    if isinstance(item, Refused):
        return _storable(item)

    title = clean(item.title, limit=TITLE_LENGTH + 1)
    if reason := _flaw(item, title=title, at=at):
        return _storable(Refused(item.place, reason, excerpt=title))
    return replace(
        item,
        title=title,
        arxiv_id=fields.arxiv_id(item.arxiv_id),
        abstract=clean(item.abstract, limit=ABSTRACT_LENGTH),
        summary=clean(item.summary, limit=ABSTRACT_LENGTH),
        authors=fields.names(item.authors),
        categories=fields.categories(item.categories),
        code_url=fields.web_address(item.code_url),
        project_url=fields.web_address(item.project_url),
        counts=tuple(_cut(counts) for counts in item.counts if counts.seen_at <= at + CLOCK_ERROR),
    )


@dataclass(slots=True, eq=False)
class Draft:
    """A paper on its way to the next version of its row."""

    paper: Paper
    counted_at: datetime | None = None  # when the counts of the paper were observed
    before: int | None = None  # fingerprint of the stored row; None if there is none yet
    records: list[PaperRecord] = field(default_factory=list)
    list_dates: set[date] = field(default_factory=set)  # all that it was and is on

    @property
    def is_changed(self) -> bool:
        return fingerprint(self.paper) != self.before

    def lay(self, record: PaperRecord, *, at: datetime) -> None:
        """Lay a record over what is known.  What it does not say stays as it is."""
        paper = self.paper
        for name in (*TEXTS, "arxiv_id"):
            setattr(paper, name, getattr(record, name) or getattr(paper, name))
        paper.title_key = title_key(paper.title)
        paper.authors = list(record.authors) or paper.authors
        paper.categories = list(record.categories) or paper.categories
        paper.published_at = _published_at(paper.published_at, record.published_at, at=at)
        for counts in record.counts:
            self._count(counts)
        dates = {day for day in (paper.listed_on, record.listed_on) if day}
        paper.listed_on = max(dates, default=None)
        self.list_dates |= dates
        self.records.append(record)

    def _count(self, counts: Counts) -> None:
        if self.counted_at is None or counts.seen_at > self.counted_at:
            self.counted_at = counts.seen_at
            self.paper.votes = counts.votes
            self.paper.comments = counts.comments
            self.paper.stars = counts.stars


class Shelf:
    """The papers that a batch of records may be about, found by arXiv id, else by title."""

    def __init__(self, drafts: Iterable[Draft] = ()) -> None:
        self._by_id: dict[str, Draft] = {}
        self._by_key: defaultdict[str, list[Draft]] = defaultdict(list)
        self._age: dict[Draft, int] = {}  # oldest first
        for draft in drafts:
            self._place(draft)

    def lay(self, record: PaperRecord, *, at: datetime) -> Draft:
        """Lay a record over its paper, which is made if it is not there."""
        draft = self._find(record) or Draft(Paper(first_seen_at=at))
        draft.lay(record, at=at)
        self._place(draft)
        return draft

    def _place(self, draft: Draft) -> None:
        self._age.setdefault(draft, len(self._age))
        if draft.paper.arxiv_id:
            self._by_id[draft.paper.arxiv_id] = draft
        if draft not in (namesakes := self._by_key[draft.paper.title_key]):
            namesakes.append(draft)

    def _find(self, record: PaperRecord) -> Draft | None:
        """One id is one paper.  A title alone is the oldest paper of that title with an id.

        An id that is new gives itself to the paper of that title without one.
        """
        if draft := self._by_id.get(record.arxiv_id):
            return draft
        key = title_key(record.title)
        same = [draft for draft in self._by_key[key] if draft.paper.title_key == key]
        same.sort(key=self._age.__getitem__)  # one that was renamed came to this title late
        bare = [draft for draft in same if not draft.paper.arxiv_id]
        if record.arxiv_id:
            return next(iter(bare), None)
        return next((draft for draft in same if draft.paper.arxiv_id), next(iter(bare), None))


def fingerprint(paper: Paper) -> int:
    """Equal for two versions of a paper between which no record changed anything."""
    values = (getattr(paper, name) for name in FIELDS)
    return hash(tuple(tuple(value) if isinstance(value, list) else value for value in values))


def _flaw(record: PaperRecord, *, title: str, at: datetime) -> str:
    if not title:
        return "it has no title"
    if len(title) > TITLE_LENGTH:
        return f"its title has more than {TITLE_LENGTH} characters"
    if record.arxiv_id and not fields.arxiv_id(record.arxiv_id):
        return f"{record.arxiv_id!r} is not an arXiv id"
    if record.listed_on and record.listed_on > (at + CLOCK_ERROR).date():
        return f"its list date {record.listed_on} lies in the future"
    return ""


def _storable(refused: Refused) -> Refused:
    return Refused(
        place=clean(refused.place, limit=500),
        reason=clean(refused.reason, limit=500),
        excerpt=clean(refused.excerpt, limit=500),
    )


def _cut(counts: Counts) -> Counts:
    votes, comments, stars = (
        min(max(count, 0), MOST_COUNT) for count in (counts.votes, counts.comments, counts.stars)
    )
    return Counts(counts.seen_at, votes=votes, comments=comments, stars=stars)


def _published_at(
    known: datetime | None, said: datetime | None, *, at: datetime
) -> datetime | None:
    """Prefer what is said now, but a moment to a bare date, and never the future."""
    if said is None:
        return known
    if said > at:
        return known or at
    is_bare = said.time() == time()
    return known if known and is_bare and known.date() == said.date() else said
