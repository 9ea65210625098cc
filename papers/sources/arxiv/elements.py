"""XML from strangers: read piece by piece, bounded, and without any DTD."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from defusedxml.ElementTree import ParseError, iterparse

from papers.sources import SourceError, fields

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DEEPEST = 30  # elements inside each other; the deepest answer needs seven
MOST_ELEMENTS = 30_000  # inside one record; 5,000 authors with affiliations need 20,000

# Saved answers are sometimes cut out of a whole that named these.
_PREFIXES = ("arxiv", "atom", "content", "dc", "oai_dc", "opensearch", "xsi")
_FIRST_TAG = re.compile(rb"<[A-Za-z][^<>]*?(?=/?>)")


def outermost(
    body: bytes, *, place: str, roots: Collection[str], wanted: Collection[str]
) -> Iterator[Element]:
    """Yield the elements of the wanted names, each whole, as far as the XML is whole.

    A wanted element inside another one is not yielded by itself.

    Raises:
        SourceError: if this is no XML, breaks off, has a DTD, another root or no bounds.
    """
    _check_start(body, place=place)
    try:
        events = iterparse(BytesIO(_declared(body)), events=("start", "end"), forbid_dtd=True)
        yield from _found(events, place=place, roots=roots, wanted=wanted)
    except ParseError as error:
        raise SourceError(f"{place} is broken XML: {error}") from error
    except (ValueError, LookupError) as error:  # forbidden by defusedxml; unknown encoding
        raise SourceError(f"{place} is XML that is not read: {error}") from error


def root(body: bytes) -> str:
    """Return the name of the first element, without its prefix; "" if there is none."""
    found = _FIRST_TAG.search(body)
    if not found:
        return ""
    tag = found[0][1:].split(None, 1)[0].decode("ascii", "replace")
    return tag.rpartition(":")[2]


def name(element: Element) -> str:
    """Return the name without its namespace, which differs between arXiv's services."""
    return element.tag.rpartition("}")[2]


def every(parent: Element, wanted: str) -> list[Element]:
    """Return the children of that name."""
    return [child for child in parent if name(child) == wanted]


def text(parent: Element, *wanted: str) -> str:
    """Return the text of the first child of one of these names, on one line, or ""."""
    return next((fields.abstract(child.text) for child in parent if name(child) in wanted), "")


def _found(
    events: Iterable[tuple[str, Element]],
    *,
    place: str,
    roots: Collection[str],
    wanted: Collection[str],
) -> Iterator[Element]:
    stack: list[Element] = []
    found: Element | None = None  # the wanted element in which we are
    size = 0
    for event, element in events:
        if event == "start":
            if not stack:
                _check_root(element, roots=roots, place=place)
            elif found is None and name(element) in wanted:
                found, size = element, 0
            stack.append(element)
            size += 1
            _check_bounds(depth=len(stack), size=0 if found is None else size, place=place)
            continue
        stack.pop()
        if found is not None and element is found:
            yield found
            found = None
        if found is None and stack:
            stack[-1].remove(element)  # what was read need not be kept


def _check_start(body: bytes, *, place: str) -> None:
    start = body[:1000].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not start:
        raise SourceError(f"{place} is empty")
    if start.startswith((b"<!doctype html", b"<html")):
        raise SourceError(f"{place} is a web page, not XML")


def _check_root(element: Element, *, roots: Collection[str], place: str) -> None:
    if name(element) not in roots:
        expected = " or ".join(f"<{root}>" for root in roots)
        raise SourceError(f"{place} begins with <{name(element)[:50]}>, not with {expected}")


def _check_bounds(*, depth: int, size: int, place: str) -> None:
    if depth > DEEPEST:
        raise SourceError(f"{place} is nested too deeply")
    if size > MOST_ELEMENTS:
        raise SourceError(f"{place} has a record of more than {MOST_ELEMENTS:,} elements")


def _declared(body: bytes) -> bytes:
    """Declare the usual prefixes in the first tag, where they are missing."""
    found = _FIRST_TAG.search(body)
    if not found:
        return body
    missing = [
        f' xmlns:{prefix}="http://arxiv.org/{prefix}"'.encode()
        for prefix in _PREFIXES
        if f"xmlns:{prefix}".encode() not in found[0]
    ]
    return body[: found.end()] + b"".join(missing) + body[found.end() :]
