"""What all pages behind a reader's signed link have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import register_converter
from django.utils import translation
from django.utils.timezone import now

from subscriptions import languages, limits, tokens
from subscriptions.models import Subscriber
from subscriptions.tokens import BadToken, Purpose

# The address of such a page is a key, so it must not be stored, listed or told to other
# sites.  Not "no-referrer": with it browsers send "Origin: null", and CSRF checks fail.
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}

HOUR = timedelta(hours=1)
POSTS_AN_HOUR = 300  # of one reader, to one kind of page
GUESSES_AN_HOUR = 100  # links that do not work, from one network

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
                reader = tokens.read(purpose, token, max_age=max_age)
                is_flood = request.method == "POST" and not _may_post(reader, purpose)
                shown = _too_many if is_flood else view
                response = _in_his_language(shown, request, reader, **rest)
            except (BadToken, Subscriber.DoesNotExist):  # erased between two queries
                response = _bad_link(request, purpose)
            for name, value in PRIVATE.items():
                response.headers.setdefault(name, value)  # a view may know better
            return response

        return page

    return decorate


def _in_his_language(
    view: View, request: HttpRequest, subscriber: Subscriber, **rest: str
) -> HttpResponse:
    request.reader_language = languages.known(subscriber.language)  # type: ignore[attr-defined]
    with translation.override(request.reader_language):  # type: ignore[attr-defined]
        response = view(request, subscriber, **rest)
        response.headers["Content-Language"] = translation.get_language() or ""
    return response


def _may_post(reader: Subscriber, purpose: Purpose) -> bool:
    """Nobody presses so many buttons.  Leaving is never refused."""
    bucket = f"post:{purpose.name}:{reader.pk}"
    return purpose is Purpose.UNSUBSCRIBE or limits.allow(
        bucket, limit=POSTS_AN_HOUR, span=HOUR, at=now()
    )


def _bad_link(request: HttpRequest, purpose: Purpose) -> HttpResponse:
    """Whoever tries one link after the other is told to wait; a good link always works."""
    bucket = f"guess:{limits.network(limits.address_of(request))}"
    is_leaving = purpose is Purpose.UNSUBSCRIBE
    if not is_leaving and not limits.allow(bucket, limit=GUESSES_AN_HOUR, span=HOUR, at=now()):
        return _too_many(request)
    return render(request, "subscriptions/bad_link.html", status=404)


def _too_many(request: HttpRequest, *_: Subscriber, **rest: str) -> HttpResponse:
    response = render(request, "subscriptions/too_many.html", status=429)
    response.headers["Retry-After"] = "3600"
    return response
