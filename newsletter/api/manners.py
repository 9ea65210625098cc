"""What all answers of the API have in common: one shape of errors, caching, other sites, pace."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from newsletter.answers import PUBLIC, etag, unless_known
from newsletter.api import pace
from newsletter.api.errors import TYPE, refusal
from subscriptions.entrance import Call

PREFIX = "/api/"
SAFE = ("GET", "HEAD")
# Any page may read what anybody may read.  Nothing is sent with cookies, and none is read.
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}

Answer = Callable[[HttpRequest], HttpResponse]


def manners(get_response: Answer) -> Answer:
    """Middleware for addresses of the API; others pass through it untouched."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return get_response(request)
        if request.method == "OPTIONS":
            return _options(get_response(request))
        response = _refusal_by_pace(request) or _answer(request, get_response)
        if request.method in SAFE:
            for name, value in OPEN.items():
                response.headers[name] = value
        return response

    return answer


def _answer(request: HttpRequest, get_response: Answer) -> HttpResponse:
    method = request.method
    if method == "HEAD":
        request.method = "GET"  # the server leaves the body out
    response = get_response(request)
    request.method = method
    if response.status_code >= 400:
        return _in_shape(response)
    if method not in SAFE:
        response.headers["Cache-Control"] = "no-store"
        return response
    response.headers.setdefault("Cache-Control", PUBLIC)
    response.headers["ETag"] = etag(response.content)
    return unless_known(request, response)


def _options(response: HttpResponse) -> HttpResponse:
    """Say what an address knows, by what it says to a method that it does not know."""
    if response.status_code != 405:
        return _in_shape(response)
    allowed = _allowed(response)
    headers = {**OPEN, **PREFLIGHT} if "GET" in allowed else {}
    return HttpResponse(status=204, headers={**headers, "Allow": allowed})


def _allowed(response: HttpResponse) -> str:
    """The methods of an address; whatever can be had by GET can be asked for by HEAD."""
    methods = set(response.headers["Allow"].split(", "))
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _in_shape(response: HttpResponse) -> HttpResponse:
    """Say in JSON what Django says as a page."""
    if response.headers.get("Content-Type") == TYPE:
        return response
    said = refusal(response.status_code)
    if "Allow" in response.headers:
        said.headers["Allow"] = _allowed(response)
    return said


def _refusal_by_pace(request: HttpRequest) -> HttpResponse | None:
    limit = settings.API_CALLS_PER_NETWORK_A_MINUTE
    if not limit:
        return None
    address = Call.of(request, page=PREFIX).ip
    if not (wait := pace.of(settings.REDIS_URL).wait(address, limit=limit)):
        return None
    refused = refusal(429)
    refused.headers["Retry-After"] = str(wait)
    return refused
