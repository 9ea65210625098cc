"""The one way in: every sign-up, from a page, a frame or the API, comes through `enter`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from subscriptions import limits, optin
from subscriptions.forms import JoinForm
from subscriptions.tasks import ring_letters

HOUR = timedelta(hours=1)
TOO_MANY = _("Too many sign-ups came from your network. Please try again in an hour.")


class Outcome(Enum):
    """What whoever signed up is shown.  None of them says anything about the address."""

    TAKEN = "taken"  # the one neutral answer
    AGAIN = "again"  # the form once more, with the error that it holds
    TOO_MANY = "too many"  # the same, with the status 429
    CHALLENGE = "challenge"  # the page with a question


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of the request of a sign-up."""

    ip: str  # empty if it cannot be known
    page: str  # where it was asked, as consents record it: "/", "/embed/", "/api/v1/"
    language: str = ""  # that the reader was shown; empty if it is not known

    @classmethod
    def of(cls, request: HttpRequest, *, page: str, language: str = "") -> Call:
        """Only proxies of our own are believed when they say whose request it is."""
        ip = limits.client_address(
            request.META.get("REMOTE_ADDR", ""),
            request.headers.get("X-Forwarded-For", ""),
            proxies=settings.PROXY_COUNT,
        )
        return cls(ip=ip, page=page, language=language)


def enter(form: JoinForm, *, call: Call, at: datetime) -> Outcome:
    """Take a sign-up, or say why not; for an outcome that shows the form, it holds the error.

    Args:
        form: bound and valid.
    """
    if form.is_trapped:
        return Outcome.TAKEN  # so it is told
    if not _is_within_limit(call.ip, at=at):
        form.add_error(None, TOO_MANY)
        return Outcome.TOO_MANY
    _ask(form, call=call, at=at)
    return Outcome.TAKEN


def _ask(form: JoinForm, *, call: Call, at: datetime) -> None:
    optin.ask(
        form.cleaned_data["email"],
        topics=form.cleaned_data["topics"],
        choices=form.choices(),
        at=at,
        ip=call.ip or None,
        page=call.page,
    )
    transaction.on_commit(ring_letters)


def _is_within_limit(ip: str, *, at: datetime) -> bool:
    bucket = f"network:{limits.network(ip)}"
    return limits.allow(bucket, limit=settings.SIGNUPS_PER_NETWORK_AN_HOUR, span=HOUR, at=at)
