"""What a service answered: its body within limits, its refusals, its next page."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import httpx2

from papers.sources import PageRead, SourceError
from papers.sources.web.manners import retry_after

MOST_BYTES = 10_000_000  # after decompression
PIECE = 65_536  # bytes that one step of decompression may give
LONGEST_WAIT = 60.0  # seconds that we wait ourselves; a host that wants more is paused
BUSY = frozenset({429, 502, 503, 504})
ETAG_LENGTH, DATE_LENGTH, URL_LENGTH = 200, 100, 2000  # as papers.models.Page


class AnswerError(SourceError):
    """The service answered, but not with what was asked for."""

    def __init__(self, message: str, *, temporary: bool, body: bytes = b"") -> None:
        super().__init__(message, temporary=temporary)
        self.body = body


class Busy(AnswerError):
    """Worth another try, after `wait` seconds if the service said so.

    `is_enough` if it asks to be left alone, for everybody and for longer.
    """

    def __init__(
        self,
        message: str,
        *,
        body: bytes = b"",
        wait: float | None = None,
        is_too_many: bool = False,
    ) -> None:
        super().__init__(message, temporary=True, body=body)
        self.wait = wait
        self.is_enough = is_too_many or (wait or 0) > LONGEST_WAIT


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer with status 200; or 304, which has no body and `is_unchanged`."""

    body: bytes
    next_url: str = ""  # from the Link header; always on the same site
    is_unchanged: bool = False  # since all of it was stored
    page: PageRead | None = None  # to be given after its records; None if nothing names it


def read(url: httpx2.URL, headers: httpx2.Headers, pieces: Iterable[bytes]) -> bytes:
    """Return the body, unpacked; raise `SourceError` for one that is too large or broken."""
    body = bytearray()
    for piece in _unpacked(pieces, headers.get("Content-Encoding", ""), url=url):
        body += piece
        if len(body) > MOST_BYTES:
            raise SourceError(f"{url} sent more than {MOST_BYTES:,} bytes")
    return bytes(body)


def judge(
    response: httpx2.Response,
    body: bytes,
    *,
    url: httpx2.URL,
    known: PageRead | None,
    now: datetime,
) -> Answer:
    """Return what was answered; raise `AnswerError` for a refusal.

    Args:
        response: its status and headers.
        body: all of it, unpacked.
        known: what was sent along as known; only then 304 is an answer.
        now: the moment from which a date in Retry-After counts.
    """
    status, headers = response.status_code, response.headers
    if status == HTTPStatus.NOT_MODIFIED and known:
        return Answer(b"", known.next_url, is_unchanged=True, page=known)
    wait = retry_after(headers.get("Retry-After"), now=now)
    if status == HTTPStatus.OK and body.strip() == b"Rate exceeded.":  # arXiv says so with 200
        raise Busy(f"{url} answered: Rate exceeded.", body=body, wait=wait, is_too_many=True)
    if status == HTTPStatus.OK:
        next_url = _next_url(url, response)
        return Answer(body, next_url, page=_page(url, headers, next_url=next_url))

    message = f"{url} answered {status} {response.reason_phrase[:100]}".rstrip()
    if status in BUSY:
        too_many = status == HTTPStatus.TOO_MANY_REQUESTS
        raise Busy(message, body=body, wait=wait, is_too_many=too_many)
    if location := headers.get("Location", ""):
        message += f" to {location[:200]!r}, which is not followed"
    raise AnswerError(message, temporary=status >= 500, body=body)


def _unpacked(pieces: Iterable[bytes], encoding: str, *, url: httpx2.URL) -> Iterator[bytes]:
    """Yield what is in the pieces.  Nothing but gzip was asked for."""
    if encoding in {"", "identity"}:
        yield from pieces
        return
    if encoding != "gzip":
        raise SourceError(f"{url} is packed as {encoding[:50]!r}, which was not asked for")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            yield unpacker.decompress(piece, PIECE)
            while unpacker.unconsumed_tail:  # a few bytes may hold a thousand times as many
                yield unpacker.decompress(unpacker.unconsumed_tail, PIECE)
    except zlib.error as error:
        raise SourceError(f"{url} is broken gzip: {error}", temporary=True) from error
    if not unpacker.eof:
        raise SourceError(f"{url} is broken gzip: it ends too early", temporary=True)


def _page(url: httpx2.URL, headers: httpx2.Headers, *, next_url: str) -> PageRead | None:
    """Return what names this answer, if the service named it and it can be stored."""
    etag, changed = headers.get("ETag", ""), headers.get("Last-Modified", "")
    page = PageRead(
        url=str(url),
        etag=etag if len(etag) <= ETAG_LENGTH and etag.isprintable() else "",
        last_modified=changed if len(changed) <= DATE_LENGTH and changed.isprintable() else "",
        next_url=next_url,
    )
    is_short = max(len(page.url), len(page.next_url)) <= URL_LENGTH
    return page if is_short and (page.etag or page.last_modified) else None


def _next_url(url: httpx2.URL, response: httpx2.Response) -> str:
    link = response.links.get("next", {}).get("url", "")
    if not link:
        return ""
    try:
        target = url.join(link)
    except httpx2.InvalidURL as error:
        raise SourceError(f"{url} links to {link[:200]!r} as its next page") from error
    if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
        raise SourceError(f"{url} links to another site as its next page: {link[:200]!r}")
    return str(target)
