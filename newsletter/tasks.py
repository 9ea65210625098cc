"""Celery entry points: doorbells that make a worker look at the rows."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from newsletter import (
    balances,
    budget,
    compose,
    counting,
    erasing,
    events,
    gate,
    inbox,
    issues,
    readiness,
    space,
)
from newsletter.models import Delivery, Sent
from newsletter.staff import lockout
from papers.doorbell import ring
from papers.models import Page
from subscriptions import heartbeats, outbox, restore
from subscriptions.clock import database_now

KEEP = timedelta(days=365)  # what was told of mails, and which papers a reader had
KEEP_UNREADABLE = timedelta(days=30)  # which may name readers who were erased since
KEEP_PAGES = timedelta(days=30)  # of sources; none is asked for that long after its list
KEEP_SIGN_INS = timedelta(days=30)  # of staff, with the addresses that they came from


@shared_task(name="newsletter.tick", ignore_result=True)
def tick() -> None:
    """Open what is due.  Beat rings this every minute; the rows say whether there is work.

    If there is more than one block of readers, another worker is woken to help.
    """
    if not restore.may_send(heartbeats.TICK):
        return
    try:
        if space.has_room():
            issues.open_due(at=database_now(), wake=ring_tick)
    finally:
        ring_pump()


@shared_task(name="newsletter.sweep", ignore_result=True)
def sweep() -> None:
    """Take up what a dead worker left behind, and draw the conclusions of what is known."""
    if not restore.may_send(heartbeats.SWEEP):
        return
    events.settle_known()
    outbox.sweep(Delivery.objects.all())
    Delivery.objects.skip_cancelled()
    budget.watch(at=database_now())
    counting.fold(at=database_now())
    readiness.alarm(readiness.look())
    ring_pump()


@shared_task(name="newsletter.pump", ignore_result=True)
def pump() -> None:
    """Send for some seconds; wake another worker once mail is going out and more waits.

    What is left when the time is over is for the next one.
    """
    if restore.may_send(heartbeats.PUMP):
        gate.release_waiting(at=database_now())
        outbox.post(Delivery.objects.all(), compose.compose_all, wake=ring_pump, is_paced=True)


@shared_task(name="newsletter.read_inbox", ignore_result=True)
def read_inbox() -> None:
    """Apply what mail services told us.  A webhook rings this, and so does beat.

    It has a queue of its own: events are felt within a minute, whatever is being sent.
    """
    inbox.read_all()


@shared_task(name="newsletter.count", ignore_result=True)
def count() -> None:
    """Count how issues stand, for whoever looks."""
    balances.renew(at=database_now())


@shared_task(name="newsletter.forget", ignore_result=True)
def forget() -> None:
    """Delete what there is no more reason to keep."""
    at = database_now()
    year_ago = at - KEEP
    events.forget(before=year_ago)
    inbox.forget(before=at - KEEP_UNREADABLE)
    Sent.objects.forget(before=year_ago)
    lockout.forget(before=at - KEEP_SIGN_INS)
    Page.objects.forget(before=at - KEEP_PAGES)
    erasing.empty_what_is_nobodys()


def ring_pump() -> None:
    """Tell a worker that there is something to send, if there is."""
    if Delivery.objects.pending().exists():
        ring(pump, expires=settings.SWEEP_SECONDS)


def ring_tick() -> None:
    """Tell a worker that there are readers to write to."""
    ring(tick, expires=settings.TICK_SECONDS)


def ring_inbox() -> None:
    """Tell a worker that a webhook came."""
    ring(read_inbox, expires=settings.SWEEP_SECONDS)
