"""The inbox of webhooks: kept as they came, read later, and set aside if nobody can read them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from newsletter import dialects, events
from newsletter.dialects import Post, Unreadable
from newsletter.happenings import Happening
from newsletter.models import Webhook
from papers.text import clean

logger = logging.getLogger(__name__)

AT_ONCE = 500  # webhooks
BYTES_AT_ONCE = 2_000_000  # of their bodies, together; one may be longer
TRIES = 3  # after which reading it is taken for what kills the workers
PATIENCE = timedelta(seconds=60)  # after which whoever read it is taken for dead
State = Webhook.State


def keep(post: Post) -> bool:
    """Store what was posted; True if nothing else waits, so that somebody must be woken.

    Whoever reads what waits already will find this one, too.
    """
    row = Webhook.objects.create(
        service=post.service, received_at=post.received_at, content_type=post.content_type,
        headers=dict(post.headers), body=post.body, size=len(post.body),
    )  # fmt: skip
    return not waiting().exclude(pk=row.pk).exists()


def waiting() -> QuerySet[Webhook]:
    return Webhook.objects.filter(state=State.WAITING)


def read_all(*, seconds: float = 20.0) -> int:
    """Read and apply what waits, for at most about so many seconds; return how many events.

    Any number of workers may do so at once.  One that dies leaves everything as it was.
    """
    until = time.monotonic() + seconds
    applied = 0
    while (ids := _claim()) and time.monotonic() < until:
        applied += _read(ids)
    return applied


def retry(chosen: QuerySet[Webhook]) -> int:
    """Read these again; return how many."""
    again = chosen.filter(state__in=[State.DEAD, State.IGNORED])
    return again.update(state=State.WAITING, tries=0, tried_at=None, error="")


def ignore(chosen: QuerySet[Webhook]) -> int:
    """A person has seen these; return how many."""
    return chosen.filter(state=State.DEAD).update(state=State.IGNORED)


def forget(*, before: datetime) -> int:
    """Delete what could not be read and came before that moment; return how many.

    It may name readers who were erased since.
    """
    return Webhook.objects.exclude(state=State.WAITING).filter(received_at__lt=before).delete()[0]


def _claim() -> list[int]:
    """Take the next ids, and count the try first: reading one may kill the worker.

    Whatever was in a worker's hands when it died is read alone from then on.
    """
    lost = waiting().filter(tried_at__lt=Now() - PATIENCE)
    lost.filter(tries__gte=TRIES).update(
        state=State.DEAD, error="given up: workers died while reading it"
    )
    fresh = waiting().filter(tries=0).order_by("pk").values_list("pk", "size")
    alone = lost.order_by("tries", "pk").values_list("pk", flat=True)
    ids = _within(fresh[:AT_ONCE]) or list(alone[:1])
    waiting().filter(pk__in=ids).update(tries=F("tries") + 1, tried_at=Now())
    return ids


def _within(rows: Iterable[tuple[int, int]]) -> list[int]:
    """The first of (id, bytes) that are together not too long; always one, if there is one."""
    ids: list[int] = []
    total = 0
    for pk, size in rows:
        total += size
        if ids and total > BYTES_AT_ONCE:
            break
        ids.append(pk)
    return ids


@transaction.atomic
def _read(ids: Iterable[int]) -> int:
    """Apply what these say, and drop them, in one transaction."""
    found: list[Happening] = []
    read: list[int] = []
    rows = waiting().filter(pk__in=list(ids)).select_for_update(skip_locked=True)
    for row in rows.order_by("pk"):
        try:
            happenings, unreadable = dialects.read(_post(row))
        except Unreadable as error:
            _set_aside(row, str(error))
            continue
        found += happenings
        read.append(row.pk)
        for body in unreadable:
            _set_aside(_part(row, body), "one of a list that could not be read")
    applied = events.apply(found)
    Webhook.objects.filter(pk__in=read).delete()
    return applied


def _post(row: Webhook) -> Post:
    return Post(row.service, bytes(row.body), row.content_type, row.headers, row.received_at)


def _part(row: Webhook, body: bytes) -> Webhook:
    return Webhook(
        service=row.service, received_at=row.received_at, content_type=row.content_type,
        headers=row.headers, body=body, size=len(body),
    )  # fmt: skip


def _set_aside(row: Webhook, error: str) -> None:
    row.state, row.error = State.DEAD, clean(error, limit=500)
    row.save()
    logger.error("a webhook of %s could not be read; it is kept as %s", row.service, row.pk)
