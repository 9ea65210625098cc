"""Was a paper withdrawn?  arXiv marks its source; elsewhere only words tell.  Pure."""

from __future__ import annotations

import re

_NOUN = (
    r"(?:papers?|articles?|manuscript|submission|preprint|e-?print|work|version|note|draft"
    r"|document|contribution|letter|report|survey|thesis)"
)
# "This papers has been withdrawn", "This has been withdrawn by arXiv administrators due to".
_OF_ALL = re.compile(
    rf"""(?:the|this)\s (?:(?:\w+\s){{0,2}}? {_NOUN}\s)? (?:has|have)\s been\s (?:\w+\s)?
        (?:withdrawn|retracted)
    | (?:the|this)\s (?:\w+\s){{0,2}}? {_NOUN}\s (?:is|was)\s (?:\w+\s)? (?:withdrawn|retracted)
    | (?:{_NOUN}\s)? (?:withdrawn|retracted)\b
    | (?:we|i|the\sauthors?)\s (?:(?:have|has|hereby|wish\sto|would\slike\sto)\s)?
        (?:withdraw|withdrew|withdrawn)\s (?:this|the|our)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_BY_ARXIV = re.compile(r"\b(?:withdrawn|removed)\sby\sarxiv\b", re.IGNORECASE)


def by_words(*, comment: str, abstract: str) -> bool:
    """Tell by what the comment or the abstract begins with."""
    return bool(
        _OF_ALL.match(comment.strip())
        or _BY_ARXIV.search(comment)
        or _OF_ALL.match(abstract.strip())
    )


def by_source(*, size: str, source_type: str) -> bool:
    """Tell by the last version: nothing in it ("0kb"), or "I" for an ignored source."""
    return size.strip().casefold() in {"0kb", "0b", "0"} or "I" in source_type
