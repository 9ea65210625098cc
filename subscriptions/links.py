"""Addresses of a reader's own pages."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from subscriptions import tokens
from subscriptions.models import Subscriber
from subscriptions.tokens import Purpose


def site(request: HttpRequest) -> dict[str, str]:
    """Template context processor: what every page says about the site."""
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "postal_address": settings.POSTAL_ADDRESS,
    }


def confirm(subscriber: Subscriber) -> str:
    return _page("confirm", Purpose.CONFIRM, subscriber)


def disown(subscriber: Subscriber) -> str:
    return _page("disown", Purpose.DISOWN, subscriber)


def preferences(subscriber: Subscriber) -> str:
    return _page("preferences", Purpose.PREFERENCES, subscriber)


def unsubscribe(subscriber: Subscriber) -> str:
    """The exact routed address: RFC 8058 forbids an answer that redirects."""
    return _page("unsubscribe", Purpose.UNSUBSCRIBE, subscriber)


def feed(subscriber: Subscriber, form: str = "atom") -> str:
    """The address of his digests as a feed; it goes out of use with all his links.

    Args:
        form: "atom" or "json".
    """
    token = tokens.make(Purpose.FEED, subscriber)
    return settings.SITE_URL + reverse("feeds:mine", args=[token, form])


def address(subscriber: Subscriber) -> str:
    return _page("address", Purpose.ADDRESS, subscriber)


def new_address(subscriber: Subscriber) -> str:
    return _page("new_address", Purpose.NEW_ADDRESS, subscriber)


def export(subscriber: Subscriber) -> str:
    return _page("export", Purpose.EXPORT, subscriber, app="newsletter")


def erase(subscriber: Subscriber) -> str:
    return _page("erase", Purpose.ERASE, subscriber, app="newsletter")


def _page(
    name: str, purpose: Purpose, subscriber: Subscriber, *, app: str = "subscriptions"
) -> str:
    token = tokens.make(purpose, subscriber)
    return settings.SITE_URL + reverse(f"{app}:{name}", args=[token])
