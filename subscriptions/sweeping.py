"""Move on whatever time has run out for: lost leases, waits that are over, doubts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from subscriptions.claims import CLAIMS_AT_MOST
from subscriptions.ids import oldest_id
from subscriptions.verdicts import State

FRESH = {"state": State.PENDING, "owner": None, "lease_until": None}


class Uncertain(Enum):
    """What to do with a mail whose answer was never seen, once the wait is over."""

    PARK = "park"  # list it for a person: at most once
    RESEND = "resend"  # send it once more: at least once, at most twice


@dataclass(frozen=True, slots=True)
class Doubt:
    """What happens to mails in doubt."""

    wait: timedelta  # for an event of the mail service that settles it
    policy: Uncertain
    keeps_keys: timedelta | None = None  # the service knows a repeated call for so long


@dataclass(frozen=True, slots=True)
class Swept:
    """How many entries one sweep moved."""

    released: int
    given_up: int
    uncertain: int
    parked: int
    resent: int
    due: int


def sweep(entries: QuerySet[Any], doubt: Doubt) -> Swept:
    """Move on those of `entries` for which time has run out."""
    over = Q(lease_until__lt=Now())
    lost = entries.filter(over, state=State.CLAIMED)
    given_up = lost.filter(claims__gte=CLAIMS_AT_MOST).update(
        state=State.FAILED, finished_at=Now(), error="gave up: composing it failed too often"
    )
    released = lost.update(**FRESH)
    uncertain = entries.filter(over, state=State.ATTEMPTING).update(
        state=State.UNCERTAIN,
        next_at=Now() + doubt.wait,
        error="the worker died while sending",
    )
    _part(entries, doubt)
    resent = _resend(entries, doubt)
    waited = entries.filter(state=State.UNCERTAIN, next_at__lt=Now())
    parked = waited.update(state=State.PARKED)
    due = entries.filter(state=State.DEFERRED, next_at__lt=Now()).update(**FRESH)
    return Swept(released, given_up, uncertain, parked, resent, due)


def _part(entries: QuerySet[Any], doubt: Doubt) -> None:
    """Let what waits for the repetition of a call wait for news instead, once it is in vain.

    The service has forgotten the key by now, or another service is used, or one of these
    mails has cost workers.
    """
    waiting = entries.filter(state=State.PENDING, call_key__isnull=False)
    if doubt.keeps_keys is not None:
        old = Q(call_key__lt=oldest_id(age=doubt.keeps_keys))
        waiting = waiting.filter(old | Q(claims__gte=CLAIMS_AT_MOST - 1))
    waiting.update(
        state=State.UNCERTAIN,
        call_key=None,
        next_at=Now() + doubt.wait,
        error="in doubt, and its call cannot be repeated",
    )


def _resend(entries: QuerySet[Any], doubt: Doubt) -> int:
    """Send again what is in doubt, if the service or the site's policy allows it."""
    doubtful = entries.filter(state=State.UNCERTAIN)
    resent = 0
    if doubt.keeps_keys is not None:  # it knows the second try by its key, so never twice
        recent = doubtful.filter(call_key__gt=oldest_id(age=doubt.keeps_keys))
        resent = recent.update(**FRESH)
    if doubt.policy is Uncertain.RESEND:
        waited = doubtful.filter(next_at__lt=Now(), resends=0)
        resent += waited.update(**FRESH, resends=1, call_key=None)
    return resent
