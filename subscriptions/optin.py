"""Asking, confirming, choosing and leaving: the double opt-in, with a record of each step.

`ask` does the same work for every address, known or not, so that nobody can find out who
reads the newsletter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from papers.models import Topic
from subscriptions import address, cadence, languages, limits, phrases
from subscriptions.cadence import Schedule
from subscriptions.models import (
    Consent,
    Interest,
    Letter,
    Subscriber,
    address_hash,
    suppressed_among,
)
from subscriptions.models.reader import PAUSE
from subscriptions.phrases import Words
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

# The button of the page that says "you have left".
RETURN_ID = "return-1"
RETURN = _("That was a slip: send me papers as before")

# The page that a link sent to another address leads to.
MOVE_ID = "move-1"
MOVE = _("Send my papers to this address from now on, and no more to the old one.")

DAY, MONTH = timedelta(days=1), timedelta(days=30)
LONGEST_PAUSE = timedelta(days=366)
WORDINGS = {  # of whoever agrees to something
    Consent.Act.ASKED: (WORDING_ID, WORDING),
    Consent.Act.CONFIRMED: (WORDING_ID, WORDING),
    Consent.Act.COUNTED: (COUNTING_ID, COUNTING),
    Consent.Act.RETURNED: (RETURN_ID, RETURN),
    Consent.Act.MOVED: (MOVE_ID, MOVE),
}
# A reader in one of these may start again; the others are left exactly as they are.
MAY_ASK = {Subscriber.State.PENDING, Subscriber.State.UNSUBSCRIBED}
NEVER_WRITE = {Subscriber.State.SUPPRESSED, Subscriber.State.BOUNCED}


@dataclass(frozen=True, slots=True)
class Choices:
    """How and when a reader wants the digest; the names are those of Subscriber's fields."""

    cadence: str = Subscriber.Cadence.DAILY
    weekday: int = Subscriber.Weekday.MONDAY
    hour: int = 7  # 0..23
    time_zone: str = "UTC"  # IANA name
    length: int = 7  # papers


COLUMNS = tuple(field.name for field in fields(Choices))


@dataclass(frozen=True, slots=True)
class Asked(Choices):
    """What somebody may choose who joins: also the words that he looks for."""

    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preferences(Choices):
    """All that a reader may choose, besides what the digest is about."""

    trend_share: float = 0.4  # 0..1
    is_text_only: bool = False
    language: str = "en"  # of settings.LANGUAGES
    wants_mail: bool = True  # or reads his feed alone


@transaction.atomic
def ask(
    email: str,
    *,
    topics: Collection[Topic],
    choices: Choices,
    at: datetime,
    ip: str | None,
    page: str,
) -> Letter:
    """Somebody wants the newsletter for this address; ask its owner, by a letter.

    A confirmed reader's preferences stay as they are, because whoever asked may be somebody
    else.  A letter that must not be sent is written all the same, as skipped.

    Args:
        email: as `address.normalise` returned it.

    Returns:
        The letter, which is pending or skipped.
    """
    subscriber, _is_new = _find_or_make(email, at=at)
    is_open = subscriber.state in MAY_ASK
    with transaction.atomic():  # the same writes for everybody, or the time would tell who reads
        if is_open:
            subscriber.state, subscriber.state_changed_at = Subscriber.State.PENDING, at
            subscriber.next_digest_at, subscriber.wants_mail = None, True
            subscriber.language = languages.active()  # that of the page
        _keep(subscriber, topics=topics, choices=choices)
        transaction.set_rollback(not is_open)
    record(subscriber, Consent.Act.ASKED, at=at, ip=ip, page=page)
    return _write_letter(subscriber, at=at)


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
        record(reader, Consent.Act.CONFIRMED, at=at, ip=ip, page=page)
    return reader.is_deliverable


@transaction.atomic
def choose(
    subscriber: Subscriber,
    *,
    weights: Mapping[Topic, float | None],
    choices: Choices,
    words: Words | None = None,
    at: datetime,
) -> None:
    """Save a confirmed reader's preferences and plan the next digest by them.

    Args:
        weights: of topics, as `Interest.weight`; None for those that he does not follow.
            Topics that are not named stay as they are.
        choices: `Choices` or `Preferences`; other fields stay as they are.
        words: what he looks for and avoids; None leaves that as it is.
    """
    reader = _lock(subscriber)
    if reader.is_deliverable:
        before = Schedule.of(reader)
        _set(reader, choices)
        _weigh(reader, weights)
        if words is not None:
            phrases.wish(reader, **words._asdict())
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
        record(reader, act, at=at, ip=ip, page=page)


@transaction.atomic
def pause(subscriber: Subscriber, *, until: date, catches_up: bool, at: datetime) -> None:
    """Send a confirmed reader no digest of a date before `until`; what is on its way still comes.

    Args:
        until: in his own zone, after today and no more than `LONGEST_PAUSE` ahead.
        catches_up: the first digest after the pause is then chosen from all that he missed.

    Raises:
        ValueError: `until` is too early or too late.
    """
    reader = _lock(subscriber)
    today = cadence.local_date(at, reader.time_zone)
    if not today < until <= today + LONGEST_PAUSE:
        raise ValueError(f"a pause from {today} cannot last until {until}")
    if reader.is_deliverable:
        if not cadence.is_paused(reader, at=at):  # a longer pause is still the same one
            reader.paused_on = today
        reader.paused_until, reader.catches_up = until, catches_up
        reader.save(update_fields=PAUSE)
        replan(reader, at=at)


@transaction.atomic
def resume(subscriber: Subscriber, *, at: datetime) -> None:
    """End a reader's pause now; who wished to catch up does, with his next digest."""
    reader = _lock(subscriber)
    if reader.is_deliverable and cadence.is_paused(reader, at=at):
        reader.paused_until = cadence.local_date(at, reader.time_zone)
        reader.save(update_fields=PAUSE)
        replan(reader, at=at)


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
def leave(subscriber: Subscriber, *, at: datetime, ip: str | None, page: str) -> bool:
    """Unsubscribe; a second time changes nothing.  Return whether he got mail until now."""
    reader = _lock(subscriber)
    was_reader = reader.is_deliverable
    if reader.state in {Subscriber.State.PENDING, Subscriber.State.CONFIRMED}:
        reader.unsubscribe(at=at)
        record(reader, Consent.Act.LEFT, at=at, ip=ip, page=page)
    return was_reader


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
        record(reader, Consent.Act.DENIED, at=at, ip=ip, page=page)
    return reader.state in NEVER_WRITE


@transaction.atomic
def remind(subscriber: Subscriber, *, at: datetime) -> bool:
    """Send the confirmation once more, within the limits; False if that may not be."""
    reader = _lock(subscriber)
    if reader.state != Subscriber.State.PENDING:
        return False
    return _keep_waiting(reader, at=at).state == State.PENDING


def postpone(letter: Letter, *, until: datetime) -> None:
    """Have a letter that is pending go out no sooner than that."""
    waiting = {"state": State.DEFERRED, "next_at": until}
    Letter.objects.pending().filter(pk=letter.pk).update(**waiting)


def replan(reader: Subscriber, *, at: datetime) -> None:
    """Plan the next digest by the reader's present wishes."""
    reader.next_digest_at = next_digest(reader, at=at)
    reader.save(update_fields=["next_digest_at"])


def next_digest(reader: Subscriber, *, at: datetime) -> datetime | None:
    """Return when a reader's next digest is due by his present wishes; None if he wants none."""
    return cadence.plan(reader, at=at) if reader.wants_mail else None


def _follow(reader: Subscriber, before: Schedule, *, at: datetime) -> None:
    """Plan anew if the wishes for the time have changed since `before`.

    What is due already stays due: the next tick sends it, and plans by the new wishes.  Unless
    he wants no mail any more.
    """
    planned = reader.next_digest_at
    is_due = planned is not None and planned <= at
    is_changed = planned is None or Schedule.of(reader) != before
    if not reader.wants_mail or (is_changed and not is_due):
        replan(reader, at=at)


def _find_or_make(email: str, *, at: datetime) -> tuple[Subscriber, bool]:
    """Return the reader of this address, locked, and whether he is new.

    Two sign-ups at once make one row.  For a known one a row is written, too, and taken back.
    """
    rows = Subscriber.objects.select_for_update().by_address(email)
    new = {"email": email, "state_changed_at": at}
    subscriber, is_new = rows.get_or_create(defaults=new)
    if not is_new:
        with transaction.atomic():
            Subscriber.objects.create(**{**new, "email": f"{uuid4().hex}@example.invalid"})
            transaction.set_rollback(True)
    return subscriber, is_new


def _keep_waiting(reader: Subscriber, *, at: datetime) -> Letter:
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
    _set(subscriber, choices)
    if isinstance(choices, Asked):
        phrases.wish(subscriber, keywords=choices.keywords, excluded=(), authors=())
    subscriber.interests.exclude(topic__in=topics).delete()
    Interest.objects.bulk_create(
        [Interest(subscriber=subscriber, topic=topic) for topic in topics], ignore_conflicts=True
    )


def _set(subscriber: Subscriber, choices: Choices) -> None:
    for field, value in asdict(choices).items():
        if field != "keywords":  # which are rows of their own
            setattr(subscriber, field, value)
    subscriber.save()


def _weigh(subscriber: Subscriber, weights: Mapping[Topic, float | None]) -> None:
    subscriber.interests.filter(topic__in=weights).delete()
    Interest.objects.bulk_create(
        Interest(subscriber=subscriber, topic=topic, weight=weight)
        for topic, weight in weights.items()
        if weight is not None
    )


def record(
    subscriber: Subscriber, act: Consent.Act, *, at: datetime, ip: str | None, page: str
) -> None:
    """Note what a reader did, and what he was told when he did it."""
    wording_id, told = WORDINGS.get(act, ("", ""))
    wording = str(told)  # in the language that is active
    subscriber.consents.create(
        act=act,
        at=at,
        wording_id=wording_id,
        wording=wording,
        wording_hash=sha256(wording.encode()).hexdigest() if wording else "",
        ip=ip,
        page=page[:200],
    )


def _write_letter(subscriber: Subscriber, *, at: datetime) -> Letter:
    """Put a letter into the outbox; there it is only as skipped if it must not be sent."""
    refusal = _refusal(subscriber, at=at)
    is_reader = subscriber.state == Subscriber.State.CONFIRMED
    return Letter.objects.create(
        subscriber=subscriber,
        kind=Letter.Kind.ALREADY if is_reader else Letter.Kind.CONFIRM,
        state=State.SKIPPED if refusal else State.PENDING,
        finished_at=at if refusal else None,
        error=refusal,
    )


def _refusal(subscriber: Subscriber, *, at: datetime) -> str:
    """Say why this reader must not get a letter now; empty if he may.

    Both questions are always asked: the time that an answer takes must not tell who is known.
    """
    is_allowed = is_within_limits(address.bucket(subscriber.email), at=at)
    is_suppressed = bool(suppressed_among([subscriber.email]))
    if is_suppressed or subscriber.state in NEVER_WRITE:
        return "the address must not be written to"
    return "" if is_allowed else "too many letters to this address"


def is_within_limits(mailbox: str, *, at: datetime) -> bool:
    """Whether this mailbox (`address.bucket`) may get one more letter; counts it.

    A letter that the day refuses does not count for the month.
    """
    key = address_hash(mailbox)
    daily, monthly = settings.SIGNUPS_PER_ADDRESS_A_DAY, settings.SIGNUPS_PER_ADDRESS_A_MONTH
    return limits.allow_spaced(f"day:{key}", limit=daily, span=DAY, at=at) and limits.allow_spaced(
        f"month:{key}", limit=monthly, span=MONTH, at=at
    )
