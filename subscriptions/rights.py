"""Links that a reader asks for: another address, all that we know of him, being forgotten.

The page where he asks opens with any digest, which he may have passed on.  So each link goes to
his address, and a page says yes whatever became of the letter.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from subscriptions import limits
from subscriptions.models import Letter, Subscriber, suppressed_among
from subscriptions.verdicts import State

DAY = timedelta(days=1)
LETTERS_A_DAY = 3  # of each kind, to one reader
NEVER_WRITE = {Subscriber.State.SUPPRESSED, Subscriber.State.BOUNCED}
NOT_ALLOWED = "the address must not be written to"
TOO_MANY = "too many letters to this address today"
NO_READER = "he gets no mail that could go somewhere else"


@transaction.atomic
def ask(subscriber: Subscriber, kind: Letter.Kind, *, at: datetime) -> bool:
    """Write the letter with the link; False if it is in the outbox as skipped."""
    reader = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    bucket = f"{kind}:{reader.public_id.hex}"
    is_allowed = limits.allow(bucket, limit=LETTERS_A_DAY, span=DAY, at=at)
    refusal = "" if is_allowed else TOO_MANY
    if kind == Letter.Kind.ADDRESS and not reader.is_deliverable:
        refusal = NO_READER
    if reader.state in NEVER_WRITE or suppressed_among([reader.email]):
        refusal = NOT_ALLOWED
    write(reader, kind, refusal=refusal, at=at)
    return not refusal


def write(
    reader: Subscriber, kind: Letter.Kind, *, at: datetime, to: str = "", refusal: str = ""
) -> None:
    """Put a letter into the outbox; as skipped, if it must not be sent.

    Args:
        to: an address other than the reader's own.
    """
    reader.letters.create(
        kind=kind,
        recipient=to,
        state=State.SKIPPED if refusal else State.PENDING,
        finished_at=at if refusal else None,
        error=refusal,
    )
