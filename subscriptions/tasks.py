"""Celery entry points: transactional mail, what is forgotten, readers' votes."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils.timezone import now

from papers.doorbell import ring
from subscriptions import brake, census, letters, outbox, restore, retention, tastes, votes
from subscriptions.models import Letter

UNCONFIRMED_AFTER = timedelta(days=7)
CHANGES_AFTER = timedelta(days=1)
RENEWED = 2000  # tastes at once, some milliseconds each


@shared_task(name="subscriptions.post_letters", ignore_result=True)
def post_letters() -> None:
    """Sweep the outbox and send what is due; beat rings this, and so does every sign-up."""
    if not restore.may_send("letters"):
        return
    outbox.sweep(Letter.objects.all())
    outbox.post(Letter.objects.all(), letters.compose_all)


@shared_task(name="subscriptions.purge", ignore_result=True)
def purge() -> None:
    """Forget what is no longer needed; docs/privacy.md says how long each thing is."""
    at = now()
    retention.forget_unconfirmed(before=at - UNCONFIRMED_AFTER)
    retention.forget_changes(before=at - CHANGES_AFTER)
    retention.forget_letters(before=at - timedelta(days=settings.KEEP_LETTERS_DAYS))
    retention.blur_addresses(before=at - timedelta(days=settings.KEEP_IP_DAYS))
    if settings.KEEP_LEFT_DAYS:
        retention.forget_left(before=at - timedelta(days=settings.KEEP_LEFT_DAYS))


@shared_task(name="subscriptions.watch_sign_ups", ignore_result=True)
def watch_sign_ups() -> None:
    """Put the brake on if few confirm, tell the operator, and keep the counts few."""
    brake.watch(at=now())
    retention.forget_counts(at=now())


@shared_task(name="subscriptions.take_census", ignore_result=True)
def take_census() -> None:
    census.take(at=now())


@shared_task(name="subscriptions.count_votes", ignore_result=True)
def count_votes() -> None:
    votes.count_votes(at=now())


@shared_task(name="subscriptions.renew_tastes", ignore_result=True)
def renew_tastes() -> None:
    """After an upgrade that reads papers in another way; else there is nothing to do."""
    tastes.renew_outdated(limit=RENEWED)


def ring_letters() -> None:
    """Tell a worker that a letter was written."""
    ring(post_letters, expires=settings.SWEEP_SECONDS)
