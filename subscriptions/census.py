"""Counts readers once in a while, so that nobody has to while looking."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count

from subscriptions.models import Census, Subscriber

DAY = timedelta(days=1)


def take(*, at: datetime) -> Census:
    """Count all readers, and keep the sums as those of today."""
    by_state = Subscriber.objects.order_by().values_list("state").annotate(n=Count("pk"))
    sums = dict.fromkeys(Subscriber.State.values, 0) | dict(by_state)
    due = Subscriber.objects.due(at=at + DAY).order_by().count()
    return Census.objects.update_or_create(day=at.date(), defaults={**sums, "due": due})[0]
