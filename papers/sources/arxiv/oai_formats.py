"""The three formats in which arXiv describes a paper over OAI-PMH."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from papers import taxonomy
from papers.sources import fields
from papers.sources.arxiv import deposits, elements, ids, names
from papers.sources.arxiv.deposits import Deposit, Version

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_COMMENT = "Comment: "  # how Dublin Core marks what is no abstract


def raw(paper: Element, *, identifier: str, now: datetime) -> Deposit:
    """Read arXivRaw: every version with its moment and size, authors in one line."""
    versions = [_version(element, now=now) for element in elements.every(paper, "version")]
    return Deposit(
        identifier=identifier,
        title=elements.text(paper, "title"),
        abstract=elements.text(paper, "abstract"),
        comment=elements.text(paper, "comments"),
        authors=names.split(elements.text(paper, "authors")),
        categories=fields.categories(elements.text(paper, "categories").split()),
        versions=versions,
    )


def formatted(paper: Element, *, identifier: str, now: datetime) -> Deposit:
    """Read the format "arXiv": authors one by one, days instead of moments."""
    authors = [
        names.join(
            forenames=elements.text(author, "forenames"),
            keyname=elements.text(author, "keyname"),
            suffix=elements.text(author, "suffix"),
        )
        for group in elements.every(paper, "authors")
        for author in elements.every(group, "author")
    ]
    return Deposit(
        identifier=identifier,
        title=elements.text(paper, "title"),
        abstract=elements.text(paper, "abstract"),
        comment=elements.text(paper, "comments"),
        authors=authors,
        categories=fields.categories(elements.text(paper, "categories").split()),
        published_at=fields.moment(elements.text(paper, "created"), until=now),
    )


def dublin_core(paper: Element, *, identifier: str, now: datetime) -> Deposit:
    """Read oai_dc: subjects spelt out, names turned round, the comment as a description."""
    told = [fields.abstract(element.text) for element in elements.every(paper, "description")]
    subjects = [fields.abstract(element.text) for element in elements.every(paper, "subject")]
    creators = [fields.abstract(element.text) for element in elements.every(paper, "creator")]
    return Deposit(
        identifier=identifier,
        title=elements.text(paper, "title"),
        abstract=next((text for text in told if not text.startswith(_COMMENT)), ""),
        comment=next(
            (text.removeprefix(_COMMENT) for text in told if text.startswith(_COMMENT)), ""
        ),
        authors=[names.turn(creator) for creator in creators],
        categories=fields.categories(map(taxonomy.spelt_out, subjects)),
        published_at=fields.moment(elements.text(paper, "date"), until=now),
    )


Reader = Callable[..., Deposit]
READERS: Mapping[str, Reader] = {"arXivRaw": raw, "arXiv": formatted, "dc": dublin_core}


def _version(element: Element, *, now: datetime) -> Version:
    return Version(
        number=ids.version_number(element.get("version") or ""),
        came_at=deposits.moment(elements.text(element, "date"), now=now),
        size=elements.text(element, "size"),
        source_type=elements.text(element, "source_type"),
    )
