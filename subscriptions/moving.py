"""A reader moves to another address: the old mailbox asks for it, the new one says yes."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from subscriptions import address, limits, optin, rights
from subscriptions.models import (
    AddressChange,
    Consent,
    Letter,
    Subscriber,
    suppressed_among,
)
from subscriptions.rights import DAY, LETTERS_A_DAY, NEVER_WRITE, NOT_ALLOWED, TOO_MANY

TAKEN = "another reader has that address"
# Whoever has such a row at his new address gives it up by moving there.
GIVEN_UP = {Subscriber.State.PENDING, Subscriber.State.UNSUBSCRIBED}


@transaction.atomic
def ask(subscriber: Subscriber, email: str, *, at: datetime) -> None:
    """A confirmed reader wants to be written to at `email`; ask there.

    Whoever has that address already gets the letter that says so, as if he had signed up
    again.  What the page answers is the same.

    Args:
        email: as `address.normalise` returned it.
    """
    reader = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    if not reader.is_deliverable:
        return
    other = Subscriber.objects.by_address(email).exclude(pk=reader.pk).first()
    refusal = _refusal(reader, email, other, at=at)
    if not refusal:
        AddressChange.objects.update_or_create(
            subscriber=reader, defaults={"email": email, "asked_at": at, "done_at": None}
        )
    rights.write(reader, Letter.Kind.NEW_ADDRESS, to=email, refusal=refusal, at=at)
    if refusal == TAKEN and other:
        rights.write(other, Letter.Kind.ALREADY, at=at)


def confirm(subscriber: Subscriber, *, at: datetime, ip: str | None, page: str) -> bool:
    """The owner of the new address said yes; return whether the reader's mail goes there now.

    A second time changes nothing.  Links in older mails go on working: they are the reader's
    and not the address's.
    """
    try:
        with transaction.atomic():
            return _confirm(subscriber, at=at, ip=ip, page=page)
    except IntegrityError:  # somebody signed up with it at this moment
        return False


def _confirm(subscriber: Subscriber, *, at: datetime, ip: str | None, page: str) -> bool:
    reader = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    change = AddressChange.objects.select_for_update().filter(subscriber=reader).first()
    if change is None or not reader.is_deliverable:
        return False
    if change.done_at:
        return True
    other = Subscriber.objects.by_address(change.email).exclude(pk=reader.pk).first()
    if suppressed_among([change.email]) or (other and other.state not in GIVEN_UP):
        return False
    if other:
        other.delete()
    old, reader.email = reader.email, change.email
    reader.bounce_score, reader.bounced_at = 0, None  # were of the old mailbox
    reader.save(update_fields=["email", "bounce_score", "bounced_at"])
    change.done_at = at
    change.save(update_fields=["done_at"])
    optin.record(reader, Consent.Act.MOVED, at=at, ip=ip, page=page)
    for mailbox in (old, ""):  # both are told
        rights.write(reader, Letter.Kind.MOVED, to=mailbox, at=at)
    return True


def _refusal(reader: Subscriber, email: str, other: Subscriber | None, *, at: datetime) -> str:
    """Say why there must be no letter to `email`; empty if there may be.  Counts all the same."""
    own = f"move:{reader.public_id.hex}"
    is_allowed = [
        limits.allow(own, limit=LETTERS_A_DAY, span=DAY, at=at),
        optin.is_within_limits(address.bucket(email), at=at),  # as sign-ups count it
    ]
    if suppressed_among([email]) or (other and other.state in NEVER_WRITE):
        return NOT_ALLOWED
    if not all(is_allowed):
        return TOO_MANY
    return TAKEN if other and other.is_deliverable else ""
