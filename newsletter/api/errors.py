"""Whatever goes wrong is said in one shape: code, message, fields."""

from __future__ import annotations

import json
from collections import defaultdict
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

TYPE = "application/json; charset=utf-8"
SENTENCES = {
    400: ("bad_request", "The request could not be read."),
    401: ("unauthorized", "A key is needed: Authorization: Bearer KEY."),
    404: ("not_found", "There is no such thing."),
    405: ("method_not_allowed", "This address does not know that method."),
    413: ("too_large", "The request is too large."),
    422: ("invalid", "Something of the request cannot be used."),
    429: ("too_many_requests", "That was too often. Please try again later."),
}


def refusal(
    status: int, message: str = "", fields: dict[str, list[str]] | None = None
) -> HttpResponse:
    """Return an answer that says what is wrong."""
    code, usual = SENTENCES.get(status, ("error", HTTPStatus(status).phrase))
    said = {"code": code, "message": message or usual, "fields": fields or {}}
    response = HttpResponse(json.dumps(said), status=status, content_type=TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def install(api: NinjaAPI) -> None:
    """Have the framework say everything in that shape."""
    api.add_exception_handler(Http404, lambda request, error: refusal(404))
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(ValidationError, _invalid)


def _http(request: HttpRequest, error: HttpError | type[HttpError]) -> HttpResponse:
    return refusal(error.status_code) if isinstance(error, HttpError) else refusal(400)


def _invalid(request: HttpRequest, error: ValidationError | type[ValidationError]) -> HttpResponse:
    found: dict[str, list[str]] = defaultdict(list)
    for each in getattr(error, "errors", []):
        found[_place(each["loc"])].append(_sentence(each["msg"]))
    return refusal(422, fields=found)


def _place(loc: tuple[Any, ...]) -> str:
    """("query", "filters", "limit") is "limit", ("body", "body", "topics", 0) "topics.0"."""
    names = [str(part) for part in loc[1:]]
    return ".".join(names[1:] or names) or "body"


def _sentence(said: str) -> str:
    return said.removeprefix("Value error, ")
