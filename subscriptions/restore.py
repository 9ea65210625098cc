"""Notice that the database is older than reality, and send nothing until a person has decided.

A restored backup believes that everything since has not been sent.  Every beat is counted
in the database and, after that, noted outside of it (subscriptions.marks); a database whose
count is lower than its mark has forgotten something.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from subscriptions import cadence, heartbeats, marks
from subscriptions.cadence import Schedule
from subscriptions.ledger import EntryQuerySet
from subscriptions.models import Heartbeat, Installation, Subscriber
from subscriptions.verdicts import UNFINISHED, State

logger = logging.getLogger(__name__)

FROZEN = (
    "Nothing is opened or sent: the database was restored from a backup and does not know what "
    "was sent since. Decide first, with manage.py confirm_restore."
)
RESTORED = "the database was restored, and this may have been sent since the backup"


class Decision(Enum):
    """What a person wants with the mails that a restored database believes unsent."""

    PARK = "park"  # nothing of it goes out by itself: at most once
    RESEND = "resend"  # go on as the rows say: at least once


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision changed."""

    was_frozen: bool
    parked: int = 0  # mails
    planned: int = 0  # readers whose digest was due


def is_older(total: int, *, mark: int) -> bool:
    """True if a database that counts `total` beats once counted more.

    `mark` must have been read first: others go on counting, and note it afterwards.
    """
    return total < mark


def may_send(name: str) -> bool:
    """Beat, and say whether this database may open issues and hand mails over.

    Call it outside of any transaction, before each look for work.  The mark is written
    when the beat is committed, so it is never higher than what the database had.
    """
    ours = installation()
    _compare(ours)
    heartbeats.beat(name)
    if is_frozen():
        return False
    transaction.on_commit(lambda: marks.lift(ours.identity, heartbeats.total()))
    return True


def may_send_by_hand() -> bool:
    """As `may_send`, for whatever a person asks for: it is no beat.

    If it is False, `FROZEN` says why.
    """
    _compare(installation())
    return not is_frozen()


def installation() -> Installation:
    return Installation.objects.get_or_create(pk=1)[0]


def is_frozen() -> bool:
    return Installation.objects.filter(frozen_at__isnull=False).exists()


def freeze(reason: str) -> None:
    """Stop all sending and opening until `confirm`."""
    fresh = Installation.objects.filter(pk=installation().pk, frozen_at__isnull=True)
    if fresh.update(frozen_at=Now(), reason=reason[:200]):
        logger.error("nothing is sent: %s; see manage.py confirm_restore --help", reason)


@transaction.atomic
def confirm(decision: Decision, entries: Iterable[EntryQuerySet[Any]], *, at: datetime) -> Outcome:
    """A person knows about the restore; go on.

    With `PARK`, unfinished mails of all `entries` are parked, and readers who are due at
    `at` wait for their next digest.  Works on a database that was not frozen, too: for when
    the marks were lost together with it.
    """
    ours = installation()
    was_frozen = is_frozen()
    parked = planned = 0
    if decision is Decision.PARK:
        parked = sum(park(rows) for rows in entries)
        planned = plan_anew(at=at)
    _catch_up_with(marks.highest(ours.identity))
    Installation.objects.update(frozen_at=None, reason="")
    return Outcome(was_frozen, parked, planned)


def park(entries: EntryQuerySet[Any]) -> int:
    """Leave everything that is not finished to a person."""
    return entries.filter(state__in=UNFINISHED).update(
        state=State.PARKED, owner=None, lease_until=None, next_at=None, error=RESTORED
    )


def plan_anew(*, at: datetime) -> int:
    """Let the readers who are due at `at` wait for their next digest; return how many."""
    due = Subscriber.objects.due(at=at).order_by()
    names = ("cadence", "weekday", "hour", "time_zone")
    planned = 0
    for wishes in due.values(*names).distinct():
        following = cadence.next_slot(Schedule(**wishes), after=at)
        planned += due.filter(**wishes).update(next_digest_at=following.at)
    return planned


def _compare(ours: Installation) -> None:
    """Freeze a database that counts less than it once did."""
    mark = marks.highest(ours.identity)
    if is_older(heartbeats.total(), mark=mark):
        freeze(f"the database counts {heartbeats.total()} beats and once counted {mark}")


def _catch_up_with(mark: int) -> None:
    """Count at least as many beats as the mark says, or the next look would freeze again."""
    missing = mark - heartbeats.total()
    if missing > 0:
        heartbeats.beat(heartbeats.TICK)  # there may be none yet
        Heartbeat.objects.filter(name=heartbeats.TICK).update(count=F("count") + missing)
