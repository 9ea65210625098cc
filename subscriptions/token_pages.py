"""What all pages behind a reader's signed link have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import register_converter

from subscriptions import tokens
from subscriptions.models import Subscriber
from subscriptions.tokens import BadToken, Purpose

# The address of such a page is a key, so it must not be stored, listed or told to other
# sites.  Not "no-referrer": with it browsers send "Origin: null", and CSRF checks fail.
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}

View = Callable[..., HttpResponse]


class TokenConverter:
    """A token, with the bracket or full stop that a mail program took for a part of the link."""

    regex = r"[^/]+(?:/[^/\w]{1,3})?"

    def to_python(self, value: str) -> str:
        return value.partition("/")[0]

    def to_url(self, value: str) -> str:
        return value


register_converter(TokenConverter, "token")


def token_page(purpose: Purpose) -> Callable[[View], View]:
    """Give the view, after the request, the reader that the token in the address was made for.

    A view raises BadToken for a reader who has no such page (any more).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, token: str, **rest: str) -> HttpResponse:
            hours = settings.CONFIRM_HOURS if purpose is Purpose.CONFIRM else None
            max_age = timedelta(hours=hours) if hours is not None else None
            try:
                response = view(request, tokens.read(purpose, token, max_age=max_age), **rest)
            except (BadToken, Subscriber.DoesNotExist):  # erased between two queries
                response = render(request, "subscriptions/bad_link.html", status=404)
            for name, value in PRIVATE.items():
                response.headers.setdefault(name, value)  # a view may know better
            return response

        return page

    return decorate
