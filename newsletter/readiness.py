"""Can this machine do its work now, and is the work being done?  Facts, then a verdict."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Greatest

from newsletter import inbox, space
from newsletter.models import Delivery
from papers import broker, rounds
from subscriptions import brake, clock, heartbeats, patience, restore
from subscriptions.clock import SKEW_TO_REPORT
from subscriptions.models import Letter

logger = logging.getLogger(__name__)

REDIS_PATIENCE, DATABASE_PATIENCE = 0.5, 3.0  # seconds; whoever watches waits no longer
# Longer than it takes to find out that reading one kills three workers (newsletter.inbox).
UNREAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found; None where it cannot be known, or never happened."""

    has_database: bool = False
    has_redis: bool = False
    has_room: bool = True
    is_frozen: bool = False
    tick_age: timedelta | None = None
    pump_age: timedelta | None = None
    waiting: timedelta | None = None  # how long the oldest mail could have been sent
    unread: int = 0  # webhooks
    unread_age: timedelta | None = None  # of the oldest
    warnings: tuple[str, ...] = ()  # what somebody should look at, though all of us works
    skew: timedelta = timedelta(0)  # this machine's clock against the database's

    @property
    def is_stalled(self) -> bool:
        return heartbeats.is_stalled(waiting=self.waiting, pump_age=self.pump_age)

    @property
    def is_unheard(self) -> bool:
        """Whether mail services speak, and nobody listens."""
        return self.unread_age is not None and self.unread_age > UNREAD

    def report(self) -> dict[str, Any]:
        """For machines: numbers in seconds, and nothing about anybody."""
        return {
            "database": self.has_database,
            "redis": self.has_redis,
            "room_on_disk": self.has_room,
            "frozen": self.is_frozen,
            "stalled": self.is_stalled,
            "tick_age": _seconds(self.tick_age),
            "pump_age": _seconds(self.pump_age),
            "oldest_due": _seconds(self.waiting),
            "unread_webhooks": self.unread,
            "oldest_unread": _seconds(self.unread_age),
            "clock_skew": _seconds(self.skew),
        }


def look() -> Facts:
    """Gather the facts; neither Redis nor a database that hangs is waited for for long."""
    facts = Facts(has_redis=broker.is_there(patience=REDIS_PATIENCE), has_room=not space.shortage())
    try:
        with patience.limited(DATABASE_PATIENCE):
            return _ask_database(facts)
    except DatabaseError as error:
        logger.warning("the database cannot be asked: %s", error)
        return facts


def _ask_database(facts: Facts) -> Facts:
    ages = heartbeats.ages()
    at = clock.database_now()
    return replace(
        facts,
        has_database=True,
        is_frozen=restore.is_frozen(),
        tick_age=ages.get(heartbeats.TICK),
        pump_age=ages.get(heartbeats.PUMP),
        waiting=waiting(),
        unread=inbox.waiting().count(),
        unread_age=unread_age(),
        warnings=(*rounds.warnings(at=at), *brake.warnings(at=at)),
        skew=clock.skew(),
    )


def waiting() -> timedelta | None:
    """For how long the first mail in the queue could have been sent; None if none waits."""
    oldest = [
        row
        for rows in (Delivery.objects.sendable(), Letter.objects.pending())
        if (row := _since(rows).first()) is not None
    ]
    return clock.database_now() - min(oldest) if oldest else None


def unread_age() -> timedelta | None:
    """For how long the oldest webhook has waited to be read; None if none waits."""
    came = inbox.waiting().order_by("pk").values_list("received_at", flat=True).first()
    return None if came is None else clock.database_now() - came


def complaints(facts: Facts) -> list[str]:
    """Say what is wrong, in sentences for an operator; pure."""
    if not facts.has_database:
        return ["the database does not answer"]
    quiet = max(heartbeats.QUIET, 3 * timedelta(seconds=settings.TICK_SECONDS))
    found = {
        "Redis does not answer": not facts.has_redis,
        f"less than {settings.MIN_FREE_GB:g} GB are free on the disk": not facts.has_room,
        "the database was restored: see manage.py confirm_restore": facts.is_frozen,
        "nobody has asked for a while who is due: is beat running?": (
            facts.tick_age is None or facts.tick_age > quiet
        ),
        "mail waits and no worker comes for it": facts.is_stalled,
        "what mail services tell is not read: does a worker take the queue events?": (
            facts.is_unheard
        ),
        "this machine's clock differs from the database's": abs(facts.skew) > SKEW_TO_REPORT,
    }
    return [sentence for sentence, is_so in found.items() if is_so]


def alarm(facts: Facts) -> None:
    """Log what somebody should be woken up for."""
    if facts.is_stalled:
        logger.error("stalled: mail has waited for %s and no worker comes for it", facts.waiting)
    if facts.is_unheard:
        logger.error(
            "unread: %s webhooks wait, the first for %s, and no worker of the queue events comes",
            facts.unread,
            facts.unread_age,
        )
    if abs(facts.skew) > SKEW_TO_REPORT:
        logger.error("this machine's clock is %s ahead of the database's", facts.skew)


def _since(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Since when each could be sent, in the order of the queue; found by its index."""
    came = Greatest("created_at", Coalesce("next_at", F("created_at")))
    return rows.order_by("pk").values_list(came, flat=True)


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else round(span.total_seconds(), 3)
