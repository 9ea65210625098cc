"""Leaving, coming back at once, and less mail instead.

Whoever holds a forwarded digest can ask for all of this, so nothing here brings a reader more
mail than he gets: docs/decisions/0014-what-links-may-do.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from subscriptions import cadence, optin
from subscriptions.models import Consent, Farewell, Subscriber, suppressed_among

State, Cadence = Subscriber.State, Subscriber.Cadence
OFTEN = (Cadence.DAILY, Cadence.WEEKDAYS)  # more than once a week
FEWEST = 3  # papers


class Less(models.TextChoices):
    """What a reader may have instead of leaving.  The values are in addresses of pages."""

    WEEKLY = "weekly", _("Once a week instead")
    MONTHLY = "monthly", _("Once a month instead")
    FEWER = "fewer", _("Only the three best papers")
    TWO_WEEKS = "two-weeks", _("Pause for two weeks")
    MONTH = "month", _("Pause for a month")
    FEED = "feed", _("No mail, only the feed")


CHANGES: dict[Less, dict[str, object]] = {
    Less.WEEKLY: {"cadence": Cadence.WEEKLY},
    Less.MONTHLY: {"cadence": Cadence.MONTHLY},
    Less.FEWER: {"length": FEWEST},
    Less.FEED: {"wants_mail": False},
}
PAUSES = {Less.TWO_WEEKS: timedelta(days=14), Less.MONTH: timedelta(days=30)}


def offers(reader: Subscriber, *, at: datetime) -> list[Less]:
    """Return what would bring a confirmed reader less than he gets now; nothing else."""
    if not reader.wants_mail:
        return []
    today = cadence.local_date(at, reader.time_zone)
    is_less = {
        Less.WEEKLY: reader.cadence in OFTEN,
        Less.MONTHLY: reader.cadence == Cadence.WEEKLY,
        Less.FEWER: reader.length > FEWEST,
        Less.FEED: True,
    }
    for choice, span in PAUSES.items():
        is_less[choice] = reader.paused_until is None or reader.paused_until < today + span
    return [choice for choice in Less if is_less[choice]]


@transaction.atomic
def lessen(subscriber: Subscriber, choice: Less, *, at: datetime) -> bool:
    """Do it for a confirmed reader, if it is less than he gets now; return whether it was."""
    reader = _lock(subscriber)
    if not reader.is_deliverable or choice not in offers(reader, at=at):
        return False
    if choice in PAUSES:
        until = cadence.local_date(at, reader.time_zone) + PAUSES[choice]
        optin.pause(reader, until=until, catches_up=reader.catches_up, at=at)
    else:
        optin.amend(reader, CHANGES[choice], at=at)
    return True


@transaction.atomic
def leave(subscriber: Subscriber, *, at: datetime, ip: str | None, page: str) -> bool:
    """Unsubscribe; return whether he may take it back for a moment.

    Not if he had left before, or he would be brought back long after he did.  Nor if he had
    paused: coming back would end that.
    """
    reader = _lock(subscriber)
    is_paused = cadence.is_paused(reader, at=at)
    return optin.leave(reader, at=at, ip=ip, page=page) and not is_paused


@transaction.atomic
def come_back(subscriber: Subscriber, *, at: datetime, ip: str | None, page: str) -> bool:
    """Take a leaving back; return whether he is a reader now.  A second time changes nothing.

    Only for whoever holds the link that `leave` allowed for.
    """
    reader = _lock(subscriber)
    if reader.state == State.UNSUBSCRIBED and not suppressed_among([reader.email]):
        reader.confirm(at=at, next_digest_at=optin.next_digest(reader, at=at))
        optin.record(reader, Consent.Act.RETURNED, at=at, ip=ip, page=page)
    return reader.is_deliverable


def say_why(subscriber: Subscriber, reason: Farewell.Reason, *, at: datetime) -> None:
    """Keep why somebody left today; what he says last counts."""
    Farewell.objects.update_or_create(
        subscriber=subscriber, on=at.date(), defaults={"reason": reason}
    )


def _lock(subscriber: Subscriber) -> Subscriber:
    return Subscriber.objects.select_for_update().get(pk=subscriber.pk)
