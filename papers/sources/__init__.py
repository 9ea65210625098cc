"""Where papers come from.  One module per source; each turns what it reads into records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

# Name -> module.  docs/adding-a-source.md has a heading for each.
REGISTRY: Mapping[str, str] = {
    "arxiv": "papers.sources.arxiv",
    "arxiv-oai": "papers.sources.arxiv.oai",
    "csv": "papers.sources.csv",
    "huggingface": "papers.sources.huggingface",
    "jsonl": "papers.sources.jsonl",
    "page": "papers.sources.page",
    "sample": "papers.sources.sample",
    "semanticscholar": "papers.sources.semanticscholar",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Attention as a source counted it at one moment.  All counts >= 0."""

    seen_at: datetime  # timezone-aware
    votes: int = 0
    comments: int = 0
    stars: int = 0


@dataclass(frozen=True, slots=True)
class PaperRecord:
    """One paper as a source describes it, before it is stored.

    Empty values mean "this source does not say" and never overwrite what is known.
    """

    title: str
    place: str  # where it was read: "2025-01-10.json, record 3"; for messages
    arxiv_id: str = ""  # "2401.01234" or "quant-ph/0201082", without the version suffix
    abstract: str = ""
    summary: str = ""  # ours; only the sample has one
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()  # arXiv codes, primary first
    topics: tuple[str, ...] = ()  # topic slugs, if the source itself names them
    published_at: datetime | None = None  # timezone-aware; submission of version 1
    listed_on: date | None = None  # the list date that the source was asked for
    code_url: str = ""
    project_url: str = ""
    submitter: str = ""  # a keyed hash of who put it on the list; never a name
    organisation: str = ""  # for which it was put there
    has_video: bool = False
    keywords: tuple[str, ...] = ()  # in the source's own words
    counts: tuple[Counts, ...] = ()  # in order of time; needs `listed_on`
    version: int = 0  # of the paper on arXiv, from 1; 0 if this source does not say
    is_withdrawn: bool | None = None  # None if this source cannot tell
    is_update: bool = False  # tells of a paper that is here already, and never adds one
    # What title and abstract were made of, as papers.merging notes it; empty if it is the same.
    source_title: str = ""
    source_abstract: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that could not be read; the rest of the source is not affected."""

    place: str
    reason: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """All before it was given: a reading that breaks off can go on here, if taken up soon."""

    text: str  # means something to its source only


@dataclass(frozen=True, slots=True)
class PageRead:
    """All records of one page were given before it: once they are stored, it need not come again.

    What names the version of the page is sent along when it is asked for the next time.
    """

    url: str
    etag: str = ""
    last_modified: str = ""
    next_url: str = ""
    is_unchanged: bool = False  # the service said so, and gave no records


Item = PaperRecord | Refused | Bookmark | PageRead  # what a source yields


class SourceError(Exception):
    """A source could not be read at all.  `temporary` says whether a later try may work."""

    def __init__(self, message: str, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.temporary = temporary


class Source(Protocol):
    def read(self, path: Path, *, listed_on: date | None) -> Iterator[Item]:
        """Read a saved answer of this source; raise `SourceError`."""
        ...

    def fetch(self, *, since: date, until: date) -> Iterator[Item]:
        """Ask the source for the papers of [since, until]; raise `SourceError`."""
        ...


class Resumable(Source, Protocol):
    """A source whose readings are so long that they yield bookmarks."""

    def fetch(self, *, since: date, until: date, bookmark: str = "") -> Iterator[Item]:
        """Go on at the bookmark of a reading since the same day that broke off."""
        ...


def load(name: str) -> Source:
    """Return the named source; raise `KeyError` if it is not registered."""
    return cast(Source, import_module(REGISTRY[name]))
