"""Readers' pages, as tests open them."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from subscriptions import tokens
from subscriptions.models import Consent, Letter, Subscriber
from subscriptions.tokens import Purpose

# Those whose pages are of this app.
PURPOSES = [Purpose.CONFIRM, Purpose.DISOWN, Purpose.PREFERENCES, Purpose.UNSUBSCRIBE]


def path(purpose: Purpose, reader: Subscriber) -> str:
    name = purpose.name.lower()
    return reverse(f"subscriptions:{name}", args=[tokens.make(purpose, reader)])


def snapshot() -> list[object]:
    """All that a page could change about readers."""
    models = (Subscriber, Consent, Letter)
    return [list(model.objects.order_by("pk").values()) for model in models]


def chosen(**changes: object) -> dict[str, object]:
    """What the preferences page sends; topics that it does not name stay as they are."""
    fields = {
        "cadence": "daily", "weekday": "0", "hour": "7", "time_zone": "UTC", "length": "7",
        "trend": "40", "format": "html", "language": "en",
    }  # fmt: skip
    return fields | changes


def post_raw(client: Client, link: str, fields: dict[str, object]) -> HttpResponse:
    """Post a form whose values may be what no browser sends, such as lone surrogates."""
    raw = {name: str(value).encode("utf-8", "surrogatepass") for name, value in fields.items()}
    return client.post(link, urlencode(raw), content_type="application/x-www-form-urlencoded")
