"""Steps that the ledger's tests take with letters."""

from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now

from subscriptions.ledger import Swept, Uncertain
from subscriptions.models import Letter

LEASE = timedelta(minutes=5)
WAIT = timedelta(minutes=15)
SECOND = timedelta(seconds=1)
letters = Letter.objects.all


def claim(limit=50, lease=LEASE) -> list[Letter]:
    return list(letters().claimed_by(letters().claim(limit=limit, lease=lease)))


def sweep(policy=Uncertain.PARK) -> Swept:
    return letters().sweep(wait=WAIT, policy=policy)


def lease_runs_out() -> None:
    letters().filter(lease_until__isnull=False).update(lease_until=Now() - SECOND)


def wait_is_over() -> None:
    letters().filter(next_at__isnull=False).update(next_at=Now() - SECOND)


def stored(letter) -> Letter:
    return Letter.objects.get(pk=letter.pk)
