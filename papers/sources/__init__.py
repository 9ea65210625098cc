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
    "csv": "papers.sources.csv",
    "huggingface": "papers.sources.huggingface",
    "jsonl": "papers.sources.jsonl",
    "page": "papers.sources.page",
    "sample": "papers.sources.sample",
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
    counts: tuple[Counts, ...] = ()  # in order of time; needs `listed_on`


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that could not be read; the rest of the source is not affected."""

    place: str
    reason: str
    excerpt: str = ""


class SourceError(Exception):
    """A source could not be read at all.  `temporary` says whether a later try may work."""

    def __init__(self, message: str, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.temporary = temporary


class Source(Protocol):
    def read(self, path: Path, *, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
        """Read a saved answer of this source; raise `SourceError`."""
        ...

    def fetch(self, *, since: date, until: date) -> Iterator[PaperRecord | Refused]:
        """Ask the source for the papers of [since, until]; raise `SourceError`."""
        ...


def load(name: str) -> Source:
    """Return the named source; raise `KeyError` if it is not registered."""
    return cast(Source, import_module(REGISTRY[name]))
