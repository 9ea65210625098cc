"""Answers that change seldom: whoever has one already is told so in a few bytes.

What was made is hashed, rather than asking the rows for what changed last: a paper that was
withdrawn, and so is gone, has no such moment.
"""

from __future__ import annotations

import hashlib
from calendar import timegm
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

PUBLIC = "public, max-age=300"


def answer(
    request: HttpRequest,
    body: bytes,
    content_type: str,
    *,
    updated: datetime | None = None,
    caching: str = PUBLIC,
) -> HttpResponse:
    """Return `body`, or 304 to a client that has it (RFC 9110, section 13).

    Args:
        updated: what Last-Modified says.
        caching: what Cache-Control says.
    """
    response = HttpResponse(body, content_type=content_type)
    response.headers["Cache-Control"] = caching
    response.headers["ETag"] = etag(body)
    if updated is not None:
        response.headers["Last-Modified"] = http_date(updated.timestamp())
    return unless_known(request, response, updated=updated)


def unless_known(
    request: HttpRequest, response: HttpResponse, *, updated: datetime | None = None
) -> HttpResponse:
    """Return the response, or 304 if the client's conditions say that it has just that."""
    seconds = timegm(updated.utctimetuple()) if updated is not None else None
    found = get_conditional_response(request, response.headers["ETag"], seconds, response)
    return found or response


def etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
