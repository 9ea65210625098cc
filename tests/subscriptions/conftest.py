"""Builders that tests of the mail pipeline share."""

from __future__ import annotations

import pytest
from django.test import Client

from subscriptions import outbox
from subscriptions.esp import handing
from subscriptions.models import Letter
from subscriptions.verdicts import State
from tests.subscriptions.ledger_steps import begin, claim
from tests.subscriptions.outbox_steps import Way


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    """Nobody waits between the tries of a call."""
    monkeypatch.setattr(handing, "PAUSE_SECONDS", 0)


@pytest.fixture
def make_letter(make_subscriber):
    """A letter to a confirmed reader; `**fields` set its place in the ledger."""

    def make(**fields) -> Letter:
        fields.setdefault("kind", Letter.Kind.ALREADY)
        reader = fields.pop("subscriber", None) or make_subscriber()
        return Letter.objects.create(subscriber=reader, **fields)

    return make


@pytest.fixture
def make_attempt(make_letter):
    """A letter that is just being sent."""

    def make() -> Letter:
        make_letter()
        [letter] = claim()
        assert begin(letter)
        return letter

    return make


@pytest.fixture
def states(db):
    """Return state -> number of letters."""

    def count() -> dict[State, int]:
        return {State(state): n for state, n in Letter.objects.all().counts().items()}

    return count


@pytest.fixture
def strict_client():
    """A client that the CSRF check applies to, as in a browser."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def way(monkeypatch):
    """The way out of every run of this test."""
    way = Way()
    monkeypatch.setattr(outbox, "open_transport", lambda: way)
    return way
