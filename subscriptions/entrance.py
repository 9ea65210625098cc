"""The one way by which every sign-up comes in, from whatever page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.db import transaction

from subscriptions import limits, optin
from subscriptions.forms import JoinForm
from subscriptions.tasks import ring_letters

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Call:
    """Where a sign-up comes from."""

    ip: str
    page: str


class Outcome(Enum):
    """What is to be answered."""

    TAKEN = "taken"
    TOO_MANY = "too many"


def enter(form: JoinForm, *, call: Call, at: datetime) -> Outcome:
    """Let a valid form in."""
    if form.is_trapped:
        return Outcome.TAKEN
    bucket = f"network:{limits.network(call.ip)}"
    if not limits.allow(bucket, limit=settings.SIGNUPS_PER_NETWORK_AN_HOUR, span=HOUR, at=at):
        return Outcome.TOO_MANY
    optin.ask(
        form.cleaned_data["email"],
        topics=form.cleaned_data["topics"],
        choices=form.choices(),
        at=at,
        ip=call.ip or None,
        page=call.page,
    )
    transaction.on_commit(ring_letters)
    return Outcome.TAKEN
