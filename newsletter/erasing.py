"""Forget a reader.  The ledger still adds up, and nobody writes to his address again."""

from __future__ import annotations

from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from newsletter.models import Delivery, Webhook
from subscriptions.models import AddressChange, Subscriber, never_write

REASON = "erased"
NOTHING = {"packed_picks": b"", "provider_id": "", "error": ""}  # is left of a delivery
NOBODY = "an erased reader"


@transaction.atomic
def erase(subscriber: Subscriber, *, at: datetime) -> None:
    """Delete all that is known of a reader, and keep the keyed hash of his address.

    His deliveries stay, as nobody's: without papers, and without what the server said.  Mails
    that are being sent at this moment still arrive.  His votes no longer count from the next
    counting on; what papers had by then stays.

    Raises:
        Subscriber.DoesNotExist: somebody was faster.
    """
    # Whoever records what became of mails holds their rows and then asks for the reader, so this
    # does the same: or the two would wait for each other.
    own = Delivery.objects.filter(subscriber=subscriber.pk).order_by("pk")
    list(own.select_for_update().values_list("pk"))
    reader = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    own.update(**NOTHING)
    never_write([reader], Subscriber.State.SUPPRESSED, at=at, reason=REASON)
    change = AddressChange.objects.filter(subscriber=reader).first()
    _forget_in_logs(reader)
    _forget_in_webhooks({reader.email, change.email if change else reader.email})
    reader.delete()


def empty_what_is_nobodys() -> int:
    """Empty the deliveries of readers who were deleted in other ways; return how many."""
    nobodys = Delivery.objects.filter(subscriber=None).exclude(**NOTHING)
    return nobodys.update(**NOTHING)


def _forget_in_logs(reader: Subscriber) -> None:
    """Keep what operators did, and not about whom."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Subscriber), object_id=str(reader.pk)
    )
    entries.update(object_repr=NOBODY, change_message="")


def _forget_in_webhooks(emails: set[str]) -> None:
    """Drop what could not be read and names him.  There are few, and none is a month old."""
    named = [email.lower().encode() for email in emails]
    for webhook in Webhook.objects.exclude(state=Webhook.State.WAITING).iterator(20):
        body = bytes(webhook.body).lower()
        if any(email in body for email in named):
            webhook.delete()
