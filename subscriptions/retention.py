"""Forget what there is no more reason to keep."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from subscriptions import limits
from subscriptions.models import AddressChange, Consent, Letter, SignUpCount, Subscriber
from subscriptions.verdicts import State

AT_ONCE = 5000  # rows
FINISHED = (State.ACCEPTED, State.REJECTED, State.FAILED, State.SKIPPED)

OLDER_COUNTS = timedelta(days=7)  # of a version that did not say when they are over


@transaction.atomic
def forget_unconfirmed(*, before: datetime) -> int:
    """Delete people who last asked before that moment and never confirmed; return how many.

    The rows are locked first, so nobody who confirms at this moment is lost.
    """
    confirmed = Consent.objects.filter(act=Consent.Act.CONFIRMED).values("subscriber")
    forgotten = (
        Subscriber.objects.select_for_update()
        .filter(state=Subscriber.State.PENDING, state_changed_at__lt=before)
        .exclude(pk__in=confirmed)
    )
    ids = list(forgotten.order_by("pk").values_list("pk", flat=True))
    Subscriber.objects.filter(pk__in=ids).delete()
    return len(ids)


def forget_counts(*, at: datetime) -> int:
    """Delete the sign-up counts that limit nothing any more; return how many."""
    is_over = Q(expires_at__lte=at) | Q(expires_at=None, starts_at__lt=at - OLDER_COUNTS)
    return SignUpCount.objects.filter(is_over).delete()[0]


def blur_addresses(*, before: datetime) -> int:
    """Keep only the network of where somebody agreed to something before that moment.

    At most `AT_ONCE` rows; return how many.
    """
    old = Consent.objects.filter(ip__isnull=False, at__lt=before).order_by("at")[:AT_ONCE]
    consents = list(old.only("ip"))
    for consent in consents:
        consent.network, consent.ip = limits.network(str(consent.ip)), None
    Consent.objects.bulk_update(consents, ["network", "ip"], batch_size=200)
    return len(consents)


def forget_letters(*, before: datetime) -> int:
    """Delete letters that were finished before that moment; return how many.

    What is in doubt waits for a person.
    """
    return Letter.objects.filter(state__in=FINISHED, finished_at__lt=before).delete()[0]


def forget_changes(*, before: datetime) -> int:
    """Delete the addresses that readers asked for before that moment; return how many."""
    return AddressChange.objects.filter(asked_at__lt=before).delete()[0]


def forget_left(*, before: datetime) -> int:
    """Delete readers who left before that moment; at most `AT_ONCE`, return how many.

    They may sign up again as anybody may.  Who complained or bounced is not among them.
    """
    left = Subscriber.objects.filter(
        state=Subscriber.State.UNSUBSCRIBED, state_changed_at__lt=before
    )
    ids = list(left.order_by("state_changed_at").values_list("pk", flat=True)[:AT_ONCE])
    still = Subscriber.objects.filter(pk__in=ids, state=Subscriber.State.UNSUBSCRIBED)
    still.delete()
    return len(ids)
