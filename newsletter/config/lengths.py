"""Refuse bodies that do not say how long they are, before anybody reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

# Whoever may post there never reads the body, and nothing must keep a reader from leaving.
NEVER_READ = {"subscriptions:unsubscribe"}


class NeedLength:
    """Middleware: 411 for a chunked body, which Django would take for an empty one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        is_chunked = "Transfer-Encoding" in request.headers
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not is_chunked or request.META.get("CONTENT_LENGTH") or name in NEVER_READ:
            return None
        return HttpResponse(status=411, headers={"Connection": "close"})
