"""Forget what there is no more reason to keep."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from subscriptions.models import Consent, SignUpCount, Subscriber

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
