"""What a record changes about a paper, decided in memory; no database, no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import islice

from papers.models import Paper
from papers.sources import Counts, PaperRecord, Refused, fields
from papers.text import clean, readable, title_key

TITLE_LENGTH = 500
ABSTRACT_LENGTH = 5_000
MOST_VERSION = 999  # as long as an arXiv id may have its version
SUBMITTER_LENGTH, ORGANISATION_LENGTH = 16, 200  # as in Paper
MOST_COUNT = 2**31 - 1  # the largest number that the database takes
CLOCK_ERROR = timedelta(days=1)  # how far ahead of us a source may be

# Of a paper, what records decide.
READABLE = ("title", "abstract")  # made of `source_title` and `source_abstract`
PLAIN = (
    "summary", "code_url", "project_url", "submitter", "organisation", "arxiv_id", "authors",
    "categories",
)  # fmt: skip
FIELDS = (
    *READABLE, "source_title", "source_abstract", *PLAIN, "title_key", "published_at",
    "listed_on", "rises", "version", "withdrawn_on", "has_video", "votes", "comments", "stars",
)  # fmt: skip


def check(item: PaperRecord | Refused, *, at: datetime) -> PaperRecord | Refused:
    """Return the record cut to what can be stored, or say why it cannot be."""
    if isinstance(item, Refused):
        return _storable(item)

    source_title = clean(item.title, limit=fields.TITLE_LENGTH)
    source_abstract = clean(item.abstract, limit=fields.ABSTRACT_LENGTH)
    title = readable(source_title, limit=TITLE_LENGTH + 1)
    abstract = readable(source_abstract, limit=ABSTRACT_LENGTH)
    if reason := _flaw(item, title=title, at=at):
        return _storable(Refused(item.place, reason, excerpt=title))
    return replace(
        item,
        title=title,
        source_title=source_title if source_title != title else "",
        arxiv_id=fields.arxiv_id(item.arxiv_id),
        abstract=abstract,
        source_abstract=source_abstract if source_abstract != abstract else "",
        summary=readable(item.summary, limit=ABSTRACT_LENGTH),
        authors=readable_names(item.authors),
        categories=fields.categories(item.categories),
        code_url=fields.web_address(item.code_url),
        project_url=fields.web_address(item.project_url),
        version=min(max(item.version, 0), MOST_VERSION),
        submitter=item.submitter[:SUBMITTER_LENGTH],
        organisation=clean(item.organisation, limit=ORGANISATION_LENGTH),
        counts=tuple(_cut(counts) for counts in item.counts if counts.seen_at <= at + CLOCK_ERROR),
    )


def readable_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of authors as they are shown; those of nothing visible are left out."""
    shown = (readable(name, limit=fields.NAME_LENGTH) for name in names)
    return tuple(islice(filter(None, shown), fields.MOST_NAMES))


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
        """Lay a record over what is known.  What it does not say stays as it is.

        A record of an earlier version fills gaps only.
        """
        paper = self.paper
        is_outdated = 0 < record.version < paper.version
        for name in PLAIN:
            said, known = getattr(record, name), getattr(paper, name)
            said = list(said) if isinstance(said, tuple) else said
            setattr(paper, name, (known or said) if is_outdated else (said or known))
        for name in READABLE:
            said, known = getattr(record, name), getattr(paper, name)
            # Sources that write the same text differently do not take turns.
            if said not in {"", known} and not (known and is_outdated):
                setattr(paper, name, said)
                setattr(paper, f"source_{name}", getattr(record, f"source_{name}"))
        paper.title_key = title_key(paper.title)
        paper.version = max(paper.version, record.version)
        paper.has_video = paper.has_video or record.has_video
        if not is_outdated:
            paper.withdrawn_on = _withdrawn_on(paper.withdrawn_on, record.is_withdrawn, at=at)
        paper.published_at = _published_at(paper.published_at, record.published_at, at=at)
        for counts in record.counts:
            self._count(counts)
        self.list_dates |= {day for day in (paper.listed_on, record.listed_on) if day}
        paper.list_on(record.listed_on)
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

    def lay(self, record: PaperRecord, *, at: datetime) -> Draft | None:
        """Lay a record over its paper, which is made if it is not there.

        None for an update of a paper that is not there.
        """
        draft = self._find(record)
        if draft is None:
            if record.is_update:
                return None
            draft = Draft(Paper(first_seen_at=at))
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
    if not title and not (record.is_update and record.arxiv_id):
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


def _withdrawn_on(known: date | None, said: bool | None, *, at: datetime) -> date | None:
    if said is None:
        return known
    return (known or at.date()) if said else None


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
