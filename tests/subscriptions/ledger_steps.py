"""Steps that the ledger's tests take with letters."""

from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now

from subscriptions.models import Letter
from subscriptions.sweeping import Doubt, Swept, Uncertain
from subscriptions.verdicts import State, Verdict

LEASE = timedelta(minutes=5)
WAIT = timedelta(minutes=15)
SECOND = timedelta(seconds=1)
letters = Letter.objects.all
PARK, RESEND = Doubt(WAIT, Uncertain.PARK), Doubt(WAIT, Uncertain.RESEND)

ACCEPTED = Verdict(State.ACCEPTED, "id")
DEFERRED = Verdict(State.DEFERRED, "busy", WAIT)
DOUBTED = Verdict(State.UNCERTAIN, "gone", WAIT)
REJECTED = Verdict(State.REJECTED, "no")


def claim(limit=50, lease=LEASE) -> list[Letter]:
    return list(letters().claimed_by(letters().claim(limit=limit, lease=lease)))


def begin(*chunk: Letter) -> bool:
    """Begin letters of one claim; whether all of them are ours to send."""
    ids = {letter.pk for letter in chunk}
    return letters().begin(chunk[0].owner, ids) == ids


def hear(letter: Letter, verdict: Verdict) -> bool:
    """Record what the service said of it; whether it was still ours."""
    return letters().record(letter.owner, {letter.pk: verdict}) == {letter.pk}


def sweep(doubt: Doubt = PARK) -> Swept:
    return letters().sweep(doubt)


def lease_runs_out() -> None:
    letters().filter(lease_until__isnull=False).update(lease_until=Now() - SECOND)


def wait_is_over() -> None:
    letters().filter(next_at__isnull=False).update(next_at=Now() - SECOND)


def stored(letter) -> Letter:
    return Letter.objects.get(pk=letter.pk)
