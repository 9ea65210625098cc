"""Steps that the outbox's tests take with letters."""

from __future__ import annotations

from anymail.message import AnymailMessage
from django.db.models.functions import Now

from subscriptions import outbox
from subscriptions.models import Letter
from tests.subscriptions.ledger_steps import SECOND


def compose(letter) -> AnymailMessage:
    headers = {"Message-ID": f"<{letter.public_id}@news.example.org>"}
    return AnymailMessage("Hi", "Text", "us@news.example.org", [letter.subscriber.email],
                          headers=headers)  # fmt: skip


def post(compose_one=compose, **options) -> int:
    return outbox.post(Letter.objects.all(), lambda letters: compose_one, **options)


def is_due_again() -> None:
    Letter.objects.filter(next_at__isnull=False).update(next_at=Now() - SECOND)
    outbox.sweep(Letter.objects.all())
