"""What a feed says, whichever way it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings

# What was changed last when there is nothing: any moment that stays the same.
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Category:
    """What an entry is about: a topic of ours, or a subject of arXiv's."""

    term: str
    label: str
    scheme: str = ""  # the address of the list that the term is from


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper.  All text is plain, on one line, and fit for XML; only `html` is HTML."""

    id: str  # never changes
    url: str  # our page of it
    title: str
    summary: str  # one or two sentences
    html: str
    authors: Sequence[str]
    categories: Sequence[Category]
    published: datetime
    updated: datetime
    related: Sequence[str] = ()  # its pages elsewhere, the most important first


@dataclass(frozen=True, slots=True)
class Feed:
    """A list of papers, newest first."""

    id: str
    title: str
    subtitle: str
    page_url: str  # where people read the same
    urls: dict[str, str]  # form ("atom", "json") -> its own address
    entries: Sequence[Entry]
    author: str = field(default_factory=lambda: settings.SITE_NAME)
    language: str = field(default_factory=lambda: settings.LANGUAGE_CODE)

    @property
    def updated(self) -> datetime:
        """When its newest entry came: it changes with the entries and not with the clock."""
        return max((entry.updated for entry in self.entries), default=NEVER)
