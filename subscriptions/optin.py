"""Asking, confirming, choosing and leaving: the double opt-in, with a record of each step.

`ask` does the same work for every address, known or not, so that nobody can find out who
reads the newsletter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from papers.models import Topic
from subscriptions import address, cadence, limits, phrases
from subscriptions.cadence import Schedule
from subscriptions.models import (
    Consent,
    Interest,
    Letter,
    Subscriber,
    address_hash,
    suppressed_among,
)
from subscriptions.verdicts import State

# What every page for joining says, in the reader's language, stored with each consent.  Raise
# the number when it changes.
WORDING_ID = "join-1"
TITLE = _("Get trending papers in your email inbox!")
PROMISE = _(
    "We first send one link to confirm that it is you. No tracking, and one click to leave."
)
BUTTON = _("Subscribe")
WORDING = format_lazy("{}\n{}\n{}", TITLE, PROMISE, BUTTON)

# What the preferences page asks, where the operator counts opens and clicks.
COUNTING_ID = "counting-1"
COUNTING = """\
Count when I open a digest or follow its links. Only sums are kept, and not who it was; links \
to papers then lead through this site."""

DAY = timedelta(days=1)
WORDINGS = {  # of whoever agrees to something
    Consent.Act.ASKED: (WORDING_ID, WORDING),
    Consent.Act.CONFIRMED: (WORDING_ID, WORDING),
    Consent.Act.COUNTED: (COUNTING_ID, COUNTING),
}
# A reader in one of these may start again; the others are left exactly as they are.
MAY_ASK = {Subscriber.State.PENDING, Subscriber.State.UNSUBSCRIBED}
NEVER_WRITE = {Subscriber.State.SUPPRESSED, Subscriber.State.BOUNCED}


@dataclass(frozen=True, slots=True)
class Choices:
    """How and when a reader wants the digest; the names are those of Subscriber's fields.

    Only `keywords` are rows of their own; None leaves a reader's wishes as they are.
    """

    cadence: str = Subscriber.Cadence.DAILY
    weekday: int = Subscriber.Weekday.MONDAY
    hour: int = 7  # 0..23
    time_zone: str = "UTC"  # IANA name
    length: int = 7  # papers
    keywords: tuple[str, ...] | None = None


COLUMNS = tuple(field.name for field in fields(Choices) if field.name != "keywords")


@transaction.atomic
def ask(
    email: str,
    *,
    topics: Collection[Topic],
    choices: Choices,
    at: datetime,
    ip: str | None,
    page: str,
) -> None:
    """Somebody wants the newsletter for this address; ask its owner, by a letter.

    A confirmed reader's preferences stay as they are, because whoever asked may be somebody
    else.  A letter that must not be sent is written all the same, as skipped.

    Args:
        email: as `address.normalise` returned it.
    """
    subscriber, _is_new = _find_or_make(email, at=at)
    is_open = subscriber.state in MAY_ASK
    with transaction.atomic():  # the same writes for everybody, or the time would tell who reads
        if is_open:
            subscriber.state, subscriber.state_changed_at = Subscriber.State.PENDING, at
            subscriber.next_digest_at = None
        _keep(subscriber, topics=topics, choices=choices)
        transaction.set_rollback(not is_open)
    _record(subscriber, Consent.Act.ASKED, at=at, ip=ip, page=page)
    _write_letter(subscriber, at=at)


@transaction.atomic
def ask_again(email: str, *, at: datetime) -> None:
    """Somebody who signed up waits in vain for the letter: send it once more, within the limits.

    Does the same work for an address that nobody signed up, and then takes it back.

    Args:
        email: as `address.normalise` returned it.
    """
    with transaction.atomic():
        subscriber, is_stranger = _find_or_make(email, at=at)
        _keep_waiting(subscriber, at=at)
        transaction.set_rollback(is_stranger)


@transaction.atomic
def confirm(subscriber: Subscriber, *, at: datetime, ip: str | None, page: str) -> bool:
    """The owner of the address said yes; return whether he is a confirmed reader now.

    A second confirmation changes nothing.  False for a reader who has left since, or whose
    address must not be written to.
    """
    reader = _lock(subscriber)
    if reader.state == Subscriber.State.PENDING:
        catch_up = timedelta(hours=settings.CATCH_UP_HOURS)
        reader.confirm(at=at, next_digest_at=cadence.first(reader, at=at, catch_up=catch_up))
        _record(reader, Consent.Act.CONFIRMED, at=at, ip=ip, page=page)
    return reader.is_deliverable


@transaction.atomic
def choose(
    subscriber: Subscriber, *, topics: Collection[Topic], choices: Choices, at: datetime
) -> None:
    """Save a confirmed reader's preferences and plan the next digest by them."""
    reader = _lock(subscriber)
    if reader.is_deliverable:
        before = Schedule.of(reader)
        _keep(reader, topics=topics, choices=choices)
        _follow(reader, before, at=at)


@transaction.atomic
def agree_to_counting(
    subscriber: Subscriber, is_counted: bool, *, at: datetime, ip: str | None, page: str
) -> None:
    """Let a confirmed reader be counted, or not any more; without a change nothing is recorded."""
    reader = _lock(subscriber)
    if reader.is_deliverable and reader.is_counted != is_counted:
        reader.is_counted = is_counted
        reader.save(update_fields=["is_counted"])
        act = Consent.Act.COUNTED if is_counted else Consent.Act.UNCOUNTED
        _record(reader, act, at=at, ip=ip, page=page)


@transaction.atomic
def amend(subscriber: Subscriber, changes: Mapping[str, object], *, at: datetime) -> None:
    """Save wishes that an operator changed, by field, and nothing else of his older copy."""
    reader = _lock(subscriber)
    before = Schedule.of(reader)
    for field, value in changes.items():
        setattr(reader, field, value)
    reader.save(update_fields=list(changes))
    if reader.is_deliverable:
        _follow(reader, before, at=at)


@transaction.atomic
def leave(subscriber: Subscriber, *, at: datetime, ip: str | None, page: str) -> None:
    """Unsubscribe; a second time changes nothing."""
    reader = _lock(subscriber)
    if reader.state in {Subscriber.State.PENDING, Subscriber.State.CONFIRMED}:
        reader.unsubscribe(at=at)
        _record(reader, Consent.Act.LEFT, at=at, ip=ip, page=page)


@transaction.atomic
def disown(subscriber: Subscriber, *, at: datetime, ip: str | None, page: str) -> bool:
    """Whoever asked was not the owner of the address: forget the wishes, and never write again.

    A second time changes nothing.  False for a confirmed reader, who leaves by his own links.
    """
    reader = _lock(subscriber)
    if reader.state in MAY_ASK:
        reader.interests.all().delete()
        reader.wishes.all().delete()
        reader.suppress(at=at, reason="the owner did not sign up")
        _record(reader, Consent.Act.DENIED, at=at, ip=ip, page=page)
    return reader.state in NEVER_WRITE


@transaction.atomic
def remind(subscriber: Subscriber, *, at: datetime) -> bool:
    """Send the confirmation once more, within the limits; False if that may not be."""
    reader = _lock(subscriber)
    return reader.state == Subscriber.State.PENDING and _keep_waiting(reader, at=at)


def replan(reader: Subscriber, *, at: datetime) -> None:
    """Plan the next digest by the reader's present wishes."""
    reader.next_digest_at = cadence.plan(reader, at=at)
    reader.save(update_fields=["next_digest_at"])


def _follow(reader: Subscriber, before: Schedule, *, at: datetime) -> None:
    """Plan anew if the wishes for the time have changed since `before`.

    What is due already stays due: the next tick sends it, and plans by the new wishes.
    """
    planned = reader.next_digest_at
    is_due = planned is not None and planned <= at
    if not is_due and (planned is None or Schedule.of(reader) != before):
        replan(reader, at=at)


def _find_or_make(email: str, *, at: datetime) -> tuple[Subscriber, bool]:
    """Return the reader of this address, locked, and whether he is new.

    Two sign-ups at once make one row.
    """
    rows = Subscriber.objects.select_for_update().by_address(email)
    return rows.get_or_create(defaults={"email": email, "state_changed_at": at})


def _keep_waiting(reader: Subscriber, *, at: datetime) -> bool:
    """Write to him once more, and let him have his time to answer anew."""
    if reader.state == Subscriber.State.PENDING:
        reader.state_changed_at = at
    reader.save(update_fields=["state_changed_at"])
    return _write_letter(reader, at=at)


def _lock(subscriber: Subscriber) -> Subscriber:
    """Return the row as it is now, held until the transaction ends."""
    return Subscriber.objects.select_for_update().get(pk=subscriber.pk)


def _keep(subscriber: Subscriber, *, topics: Collection[Topic], choices: Choices) -> None:
    """Store preferences.  The weight of an interest that stays is kept."""
    for column in COLUMNS:
        setattr(subscriber, column, getattr(choices, column))
    subscriber.save()
    subscriber.interests.exclude(topic__in=topics).delete()
    Interest.objects.bulk_create(
        [Interest(subscriber=subscriber, topic=topic) for topic in topics], ignore_conflicts=True
    )
    if choices.keywords is not None:
        phrases.wish(subscriber, keywords=choices.keywords, excluded=(), authors=())


def _record(
    subscriber: Subscriber, act: Consent.Act, *, at: datetime, ip: str | None, page: str
) -> None:
    wording_id, told = WORDINGS.get(act, ("", ""))
    wording = str(told)
    subscriber.consents.create(
        act=act,
        at=at,
        wording_id=wording_id,
        wording=wording,
        wording_hash=sha256(wording.encode()).hexdigest() if wording else "",
        ip=ip,
        page=page[:200],
    )


def _write_letter(subscriber: Subscriber, *, at: datetime) -> bool:
    """Put a letter into the outbox; False if it is there only as skipped."""
    refusal = _refusal(subscriber, at=at)
    is_reader = subscriber.state == Subscriber.State.CONFIRMED
    Letter.objects.create(
        subscriber=subscriber,
        kind=Letter.Kind.ALREADY if is_reader else Letter.Kind.CONFIRM,
        state=State.SKIPPED if refusal else State.PENDING,
        finished_at=at if refusal else None,
        error=refusal,
    )
    return not refusal


def _refusal(subscriber: Subscriber, *, at: datetime) -> str:
    """Say why this reader must not get a letter now; empty if he may.

    Both questions are always asked: the time that an answer takes must not tell who is known.
    """
    key = f"address:{address_hash(address.bucket(subscriber.email))}"
    limit = settings.SIGNUPS_PER_ADDRESS_A_DAY
    is_allowed = limits.allow(key, limit=limit, span=DAY, at=at)
    is_suppressed = bool(suppressed_among([subscriber.email]))
    if is_suppressed or subscriber.state in NEVER_WRITE:
        return "the address must not be written to"
    return "" if is_allowed else "too many letters to this address today"
