"""What must always be true of the ledger, as queries that find whatever breaks it.

Any number of violations above 0 is a defect of ours; `manage.py check_ledger` prints them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from newsletter.models import Delivery, Issue
from subscriptions.cadence import catch_up
from subscriptions.models import Letter, Subscriber, Suppression, address_hash
from subscriptions.verdicts import State

SAMPLES = 5
GRACE = timedelta(seconds=5)  # an attempt begun while the reader left is nobody's mistake


@dataclass(frozen=True, slots=True)
class Finding:
    """How one invariant stands."""

    name: str  # "I1"
    sentence: str  # what must be true
    count: int  # rows that break it
    samples: tuple[str, ...]  # some of them: "issue 7"


@dataclass(frozen=True, slots=True)
class Invariant:
    name: str
    sentence: str
    violations: Callable[[], Iterable[QuerySet[Any]]]  # of primary keys, of any models

    def check(self) -> Finding:
        rows = list(self.violations())
        count = sum(found.count() for found in rows)
        samples = [_name(found, pk) for found in rows for pk in found[:SAMPLES]] if count else []
        return Finding(self.name, self.sentence, count, tuple(samples[:SAMPLES]))


def check() -> list[Finding]:
    """Ask for all of them, in order.  Reads the whole ledger: seconds for millions of rows."""
    return [invariant.check() for invariant in INVARIANTS]


def doubled() -> Iterator[QuerySet[Any]]:
    same = {"issue": OuterRef("issue"), "subscriber": OuterRef("subscriber")}
    earlier = Delivery.objects.filter(pk__lt=OuterRef("pk"), **same)
    yield Delivery.objects.filter(Exists(earlier)).values_list("pk", flat=True)


def unbalanced() -> Iterator[QuerySet[Any]]:
    issues = Issue.objects.annotate(n=Count("deliveries")).exclude(expected_count=F("n"))
    yield issues.values_list("pk", flat=True)


def left_behind() -> Iterator[QuerySet[Any]]:
    over = Now() - 2 * timedelta(seconds=settings.SWEEP_SECONDS)
    for entries in (Delivery.objects, Letter.objects):
        held = entries.filter(state__in=(State.CLAIMED, State.ATTEMPTING), lease_until__lt=over)
        yield held.values_list("pk", flat=True)


def unsigned() -> Iterator[QuerySet[Any]]:
    for entries in (Delivery.objects, Letter.objects):
        accepted = entries.filter(state=State.ACCEPTED)
        bare = accepted.filter(Q(public_id__isnull=True) | Q(finished_at__isnull=True))
        yield bare.values_list("pk", flat=True)


def after_leaving() -> Iterator[QuerySet[Any]]:
    attempted = Delivery.objects.filter(
        attempted_at__gt=F("subscriber__state_changed_at") + GRACE
    ).exclude(subscriber__state=Subscriber.State.CONFIRMED)
    yield attempted.values_list("pk", flat=True)


def to_suppressed() -> Iterator[QuerySet[Any]]:
    """Addresses are suppressed by their hash, so this one is compared here and not in SQL."""
    since = dict(Suppression.objects.values_list("address_hash", "at"))
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS] if since else []
    for kind in ("deliveries", "letters"):
        broken = [pk for pk, email, at in _attempted(kind, keys) if _was(email, at, keys, since)]
        yield Subscriber.objects.filter(pk__in=broken).order_by("pk").values_list("pk", flat=True)


def overdue() -> Iterator[QuerySet[Any]]:
    two_ticks = 2 * timedelta(seconds=settings.TICK_SECONDS)
    default = timedelta(hours=settings.CATCH_UP_HOURS)
    late = Q()
    for kind in Subscriber.Cadence.values:
        over = Now() - (catch_up(kind, default) + two_ticks)
        late |= Q(cadence=kind, next_digest_at__lt=over)
    readers = Subscriber.objects.deliverable().filter(late)
    yield readers.order_by("pk").values_list("pk", flat=True)


def orphaned() -> Iterator[QuerySet[Any]]:
    """The database checks neither of the two; see `newsletter.models.Delivery`."""
    readers = Subscriber.objects.filter(pk=OuterRef("subscriber_id"))
    issues = Issue.objects.filter(pk=OuterRef("issue_id"))
    named = Delivery.objects.filter(subscriber_id__isnull=False)
    yield named.filter(~Exists(readers)).values_list("pk", flat=True)
    yield Delivery.objects.filter(~Exists(issues)).values_list("pk", flat=True)


INVARIANTS = (
    Invariant("I1", "a reader has at most one delivery of an issue", doubled),
    Invariant("I2", "an issue has as many deliveries as were expected", unbalanced),
    Invariant("I3", "no lease is over for longer than two sweeps", left_behind),
    Invariant("I4", "what was accepted has its key and its time", unsigned),
    Invariant("I5", "nobody is written to 5 s after he left", after_leaving),
    Invariant("I6", "no suppressed address is written to", to_suppressed),
    Invariant("I7", "whoever was due has his issue, or was counted as missed", overdue),
    Invariant("I8", "no delivery names a reader or an issue that is gone", orphaned),
)


def _attempted(kind: str, keys: list[str]) -> Iterable[tuple[int, str, datetime]]:
    """(id, address, last attempt) of readers to whom a mail of that kind was handed over."""
    if not keys:
        return ()
    readers = Subscriber.objects.order_by().annotate(last=Max(f"{kind}__attempted_at"))
    return readers.filter(last__isnull=False).values_list("pk", "email", "last").iterator()


def _was(email: str, at: datetime, keys: list[str], since: dict[str, datetime]) -> bool:
    """True if that address had been suppressed before an attempt at `at`."""
    moments = [since.get(address_hash(email, key=key)) for key in keys]
    return any(moment is not None and at > moment + GRACE for moment in moments)


def _name(rows: QuerySet[Any], pk: int) -> str:
    return f"{rows.model._meta.verbose_name} {pk}"  # noqa: SLF001  # Django documents it
