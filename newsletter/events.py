"""What mail services tell of our mails, applied: stored once each, and felt by the readers.

Nothing here depends on the order in which events come or on how often: what became of a
mail is the largest kind of its events, and what a reader feels only ever goes one way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.timezone import now

from newsletter import event_rows
from newsletter.event_rows import TELLING, Consequence
from newsletter.happenings import Happening
from newsletter.models import Delivery, Event, SoftBounce
from subscriptions import bounces, optin
from subscriptions.bounces import Kind
from subscriptions.models import Letter, Subscriber, never_write
from subscriptions.verdicts import State

STOPS = {
    Kind.COMPLAINED: (Subscriber.State.SUPPRESSED, "complained"),
    Kind.HARD: (Subscriber.State.BOUNCED, "no such address"),
    Kind.INACTIVE: (Subscriber.State.BOUNCED, "not sent to any more"),
}
AT_ONCE = 2000  # events in one statement
SAID = "the mail service told of it afterwards"
KEEP_BOUNCES = 2 * bounces.WINDOW  # an event that comes late still finds its neighbours


@transaction.atomic
def apply(happenings: Iterable[Happening], *, at: datetime | None = None) -> int:
    """Store what is new and do what follows from it, at `at`; return how many were new."""
    at = at or now()
    different = {told.key: told for told in happenings}
    told = event_rows.find_entries([different[key] for key in sorted(different)])
    stored = 0
    follow: list[Consequence] = []
    for start in range(0, len(told), AT_ONCE):
        count, found = event_rows.store(told[start : start + AT_ONCE])
        stored += count
        follow += found
    _settle([one.entry for one in follow if one.in_doubt and one.kind])
    _tell_readers([one for one in follow if one.kind in TELLING], at=at)
    return stored


def settle_known() -> int:
    """Settle mails in doubt of which events came before the doubt; return how many.

    To be called before the ledger's own sweep, which would send them again.
    """
    told = Event.objects.filter(entry=OuterRef("public_id"), is_ours=True, kind__gt=Kind.OTHER)
    settled = 0
    uncertain = State.UNCERTAIN
    deliveries = Delivery.objects.filter(state=uncertain)
    settled += deliveries.filter(Exists(told.filter(issue=OuterRef("issue")))).settle(SAID)
    letters = Letter.objects.filter(state=uncertain)
    settled += letters.filter(Exists(told.filter(issue=None))).settle(SAID)
    return settled


def forget(*, before: datetime) -> int:
    """Delete events that happened before that moment; return how many."""
    SoftBounce.objects.filter(at__lt=min(before, now() - KEEP_BOUNCES)).delete()
    return Event.objects.filter(at__lt=before).delete()[0]


def _settle(entries: Sequence[UUID]) -> None:
    """Whoever tells of a mail has taken it."""
    if entries:
        Delivery.objects.filter(public_id__in=entries).settle(SAID)
        Letter.objects.filter(public_id__in=entries).settle(SAID)


def _tell_readers(follow: Sequence[Consequence], *, at: datetime) -> None:
    """Let readers feel what was told: whoever wants no mail, first; whom none reaches, last.

    Doing it twice changes nothing, and neither does the order of two calls.
    """
    if not follow:
        return
    ids = {one.reader for one in follow}
    rows = Subscriber.objects.filter(pk__in=ids).select_for_update().order_by("pk")
    readers = {reader.pk: reader for reader in rows}
    felt = [one for one in follow if not _is_past(readers[one.reader], one)]
    for one in felt:
        if one.kind == Kind.LEFT:
            optin.leave(readers[one.reader], at=at, ip=None, page=f"told by {one.provider}")
    _stop(readers, felt, Kind.COMPLAINED, at=at)
    _stop(readers, felt, Kind.HARD, at=at)
    _stop(readers, felt, Kind.INACTIVE, at=at)
    _weigh(readers, [one for one in felt if one.kind == Kind.SOFT], at=at)


def _is_past(reader: Subscriber, one: Consequence) -> bool:
    """True if it happened before the reader came back, and proved that the address works."""
    is_final = one.kind == Kind.COMPLAINED
    return reader.is_deliverable and not is_final and one.at < reader.state_changed_at


def _stop(
    readers: Mapping[int, Subscriber], felt: Iterable[Consequence], kind: Kind, *, at: datetime
) -> None:
    """Never write again to those of whom `kind` was told; some are in that state already."""
    state, reason = STOPS[kind]
    ended = {Subscriber.State.SUPPRESSED, state}
    by_provider: dict[str, dict[int, Subscriber]] = defaultdict(dict)
    for one in felt:
        if one.kind == kind and readers[one.reader].state not in ended:
            by_provider[one.provider][one.reader] = readers[one.reader]
    for provider, group in by_provider.items():
        never_write(list(group.values()), state, at=at, reason=f"{reason}, says {provider}")


def _weigh(readers: Mapping[int, Subscriber], soft: Sequence[Consequence], *, at: datetime) -> None:
    """Count soft bounces; a mail counts once, when it first came back."""
    SoftBounce.objects.bulk_create(
        [SoftBounce(subscriber_id=one.reader, entry=one.entry, at=one.at) for one in soft],
        ignore_conflicts=True,
    )
    first: dict[int, dict[UUID, datetime]] = defaultdict(dict)
    rows = SoftBounce.objects.filter(subscriber__in={one.reader for one in soft}).order_by("-at")
    for pk, entry, moment in rows.values_list("subscriber_id", "entry", "at"):
        first[pk][entry] = moment
    for pk, mails in first.items():
        reader, moments = readers[pk], list(mails.values())
        reader.bounced_at = max(moments)
        reader.bounce_score = round(bounces.score(moments, at=reader.bounced_at), 6)
        if bounces.are_too_many(moments):
            reader.bounce(at=at, reason="too many mails came back")
    weighed = [readers[pk] for pk in first]
    Subscriber.objects.bulk_update(weighed, ["bounce_score", "bounced_at"], batch_size=500)
