"""What must happen again and again says when it did, on the database's clock."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Now

from subscriptions import clock
from subscriptions.models import Heartbeat

TICK, SWEEP, PUMP = "tick", "sweep", "pump"
QUIET = timedelta(seconds=120)  # longer than this without a beat is a stall, if work waits


def beat(name: str) -> int:
    """Note that it happens now; return how often it has happened."""
    row = Heartbeat.objects.filter(name=name)
    with transaction.atomic():
        if not row.update(at=Now(), count=F("count") + 1):
            fresh = Heartbeat(name=name, at=clock.database_now())
            Heartbeat.objects.bulk_create([fresh], ignore_conflicts=True)  # two at once
            row.update(at=Now(), count=F("count") + 1)
        return row.get().count


def age(name: str) -> timedelta | None:
    """Return how long ago it last happened; None if it never did."""
    return ages().get(name)


def ages() -> dict[str, timedelta]:
    """Return name -> how long ago, for all that ever happened."""
    rows = dict(Heartbeat.objects.values_list("name", "at"))
    at = clock.database_now()
    return {name: at - beaten for name, beaten in rows.items()}


def total() -> int:
    """How many beats of all names there were; it only ever grows."""
    return Heartbeat.objects.aggregate(total=Sum("count"))["total"] or 0


def is_stalled(*, waiting: timedelta | None, pump_age: timedelta | None) -> bool:
    """True if mail has waited for long and nobody came to send it.

    Args:
        waiting: for how long the oldest mail could have been sent; None if none waits.
        pump_age: how long ago somebody last looked for mail; None if nobody ever did.
    """
    if waiting is None or waiting <= QUIET:
        return False
    return pump_age is None or pump_age > QUIET
