"""Readers' pages, as tests open them."""

from __future__ import annotations

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
