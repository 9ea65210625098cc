"""The brake on sign-ups: on while more come than is usual here, or hardly anybody confirms.

While it is on, whoever signs up is asked a question, or waits (subscriptions.entrance).  Why
so: docs/decisions/0013-sign-up-brake.md.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Count, Q

from subscriptions import limits
from subscriptions.models import Brake, Letter, Subscriber
from subscriptions.verdicts import State

logger = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
HOLD = HOUR  # it stays on for so long after the last reason
MEASURED = timedelta(days=7)
TIMES_USUAL = 5
# Of this many letters, sent so long ago, too few were answered.
DOUBTED_OF, CONFIRMED_AT_LEAST = 50, 0.2
OLDEST, NEWEST = timedelta(hours=6), timedelta(minutes=30)
LOOKED_AT = 500  # letters, the newest

MANY = "more sign-ups came within an hour than is usual"


def state() -> Brake:
    """Return the brake as it is now."""
    return Brake.objects.filter(pk=1).first() or Brake.objects.get_or_create(pk=1)[0]


def is_on(brake: Brake, *, at: datetime) -> bool:
    return brake.until is not None and at < brake.until


def hourly_limit(brake: Brake) -> int:
    """How many sign-ups an hour are taken without a question."""
    return max(settings.SIGNUPS_AN_HOUR, TIMES_USUAL * brake.hourly)


def pull(reason: str, *, at: datetime) -> None:
    """Put it on, or keep it on; each time that it goes on is said once."""
    rows = Brake.objects.filter(pk=1)
    is_off = Q(until=None) | Q(until__lte=at)
    anew = {"since": at, "until": at + HOLD, "reason": reason, "mailed_at": None}
    if rows.filter(is_off).update(**anew):
        logger.error("the brake on sign-ups is on: %s", reason)
    else:
        rows.filter(until__lt=at + HOLD / 2).update(until=at + HOLD)


def press(brake: Brake, *, at: datetime) -> None:
    """Somebody signs up while it is on: as long as too many do, it stays on."""
    if not limits.allow("pressing", limit=hourly_limit(brake), span=HOUR, at=at):
        pull(MANY, at=at)


def watch(*, at: datetime) -> None:
    """Measure what is usual, look whether people confirm, tell the operator.

    To be called every minute; however many run at once, each thing is said once.
    """
    brake = state()
    if brake.measured_at is None or brake.measured_at <= at - HOUR:
        _measure(at=at)
    letters, confirmed = _answered(at=at)
    if is_doubtful(letters, confirmed):
        pull(f"of {letters} letters only {confirmed} were confirmed", at=at)
    _tell(at=at)


def is_doubtful(letters: int, confirmed: int) -> bool:
    """Whether so few confirmed that others must have signed them up; pure."""
    return letters >= DOUBTED_OF and confirmed < CONFIRMED_AT_LEAST * letters


def warnings(*, at: datetime) -> Iterator[str]:
    """What an operator should know, in a sentence."""
    brake = Brake.objects.filter(pk=1).first()
    if brake and brake.until and is_on(brake, at=at):
        yield f"the brake on sign-ups is on until {brake.until:%H:%M} UTC: {brake.reason}"


def _measure(*, at: datetime) -> None:
    """Only who confirmed counts: made-up sign-ups must not raise what is usual."""
    new = Subscriber.objects.deliverable().filter(state_changed_at__gt=at - MEASURED)
    hourly = round(new.count() / (MEASURED / HOUR))
    Brake.objects.filter(pk=1).update(hourly=hourly, measured_at=at)


def _answered(*, at: datetime) -> tuple[int, int]:
    """How many letters were sent that could be answered by now, and how many were."""
    newest = Letter.objects.order_by("-pk").values("pk")[:LOOKED_AT]
    sent = Letter.objects.filter(pk__in=list(newest.values_list("pk", flat=True)))
    sent = sent.filter(kind=Letter.Kind.CONFIRM, state=State.ACCEPTED)
    sent = sent.filter(finished_at__range=(at - OLDEST, at - NEWEST)).order_by()
    confirmed = Count("pk", filter=~Q(subscriber__state=Subscriber.State.PENDING))
    found = sent.aggregate(letters=Count("pk"), confirmed=confirmed)
    return found["letters"], found["confirmed"]


def _tell(*, at: datetime) -> None:
    """Mail the operator; what cannot be sent waits for the next time."""
    rows = Brake.objects.filter(pk=1)
    untold = rows.filter(until__gt=at, mailed_at=None)
    if not settings.OPERATOR_MAIL or untold.update(mailed_at=at) != 1:
        return
    try:
        _mail(rows.get())
    except (AnymailError, OSError) as error:
        rows.update(mailed_at=None)
        logger.warning("the brake could not be mailed: %s", type(error).__name__)


def _mail(brake: Brake) -> None:
    text = (
        f"Since {brake.since:%Y-%m-%d %H:%M} UTC {brake.reason}.\n\n"
        "Whoever signs up now is asked a question before we write to the address, or waits for "
        "the mail. This ends by itself an hour after the last reason for it.\n\n"
        "If you expect so many readers, raise SIGNUPS_AN_HOUR."
    )
    subject = f"{settings.SITE_NAME}: the brake on sign-ups is on"
    send_mail(subject, text, None, settings.OPERATOR_MAIL)
