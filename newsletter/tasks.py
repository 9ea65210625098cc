"""Celery entry points: doorbells that make a worker look at the ledger."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils.timezone import now

from newsletter import compose, inbox, issues
from newsletter.models import Delivery
from papers.doorbell import ring
from subscriptions import outbox


@shared_task(name="newsletter.tick", ignore_result=True)
def tick() -> None:
    """Open what is due.  Beat rings this every minute; the rows say whether there is work."""
    try:
        issues.open_due(at=now())
    finally:
        ring_pump()


@shared_task(name="newsletter.sweep", ignore_result=True)
def sweep() -> None:
    """Take up what a dead worker left behind."""
    outbox.sweep(Delivery.objects.all())
    ring_pump()


@shared_task(name="newsletter.pump", ignore_result=True)
def pump() -> None:
    """Send for some seconds; wake another worker once mail is going out and more waits.

    What is left when the time is over is for the next one.
    """
    outbox.post(Delivery.objects.all(), compose.compose_all, wake=ring_pump)


def ring_pump() -> None:
    """Tell a worker that there is something to send, if there is."""
    if Delivery.objects.pending().exists():
        ring(pump, expires=settings.SWEEP_SECONDS)


@shared_task(name="newsletter.read_inbox", ignore_result=True)
def read_inbox() -> None:
    """Apply what mail services told us.  Every webhook rings this, and so does the sweep."""
    inbox.read_all()


def ring_inbox() -> None:
    """Tell a worker that a webhook came."""
    ring(read_inbox, expires=settings.SWEEP_SECONDS)
