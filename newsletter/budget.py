"""An issue that does harm stops itself: too many complaints, bounces or refusals pause it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Count, QuerySet

from newsletter.models import Alarm, Event, Issue
from subscriptions import gates
from subscriptions.bounces import Kind
from subscriptions.verdicts import State

logger = logging.getLogger(__name__)

WATCHED = timedelta(days=3)  # from when an issue was opened
FRESH = timedelta(minutes=1)  # a lane is slowed down once a minute at most
# Shares of the mails that the service accepted, and of how many mails a share means anything.
COMPLAINTS, COMPLAINTS_WARN, COMPLAINTS_OF = 0.003, 0.001, 1000
BOUNCES, BOUNCES_OF = 0.05, 500
REFUSALS, REFUSALS_AT_LEAST = 0.01, 50  # a share of those tried


@dataclass(frozen=True, slots=True)
class Tally:
    """How one issue went so far, in mails."""

    accepted: int  # by the mail service
    refused: int  # by the mail service, or given up by us
    complaints: int
    bounces: int  # hard ones: policy blocks say nothing of the addresses


def advise(tally: Tally) -> tuple[Alarm.Kind, str] | None:
    """What to do, and why; None if all is well.  Pure."""
    accepted = tally.accepted
    complaints = f"{tally.complaints} complaints about {accepted} mails"
    share = tally.complaints / accepted if accepted >= COMPLAINTS_OF else 0
    if tally.refused >= max(REFUSALS_AT_LEAST, REFUSALS * (accepted + tally.refused)):
        return Alarm.Kind.PAUSED, f"{tally.refused} mails were refused or given up"
    if share >= COMPLAINTS:
        return Alarm.Kind.PAUSED, complaints
    if accepted >= BOUNCES_OF and tally.bounces >= BOUNCES * accepted:
        return Alarm.Kind.PAUSED, f"{tally.bounces} of {accepted} addresses do not exist"
    return (Alarm.Kind.WARNED, complaints) if share >= COMPLAINTS_WARN else None


def watch(*, at: datetime) -> int:
    """Pause open issues that do harm, slow down, tell the operator; return how many were paused.

    To be called by every sweep; however many run at once, each thing is said once.
    """
    paused = 0
    for issue in Issue.objects.filter(state=Issue.State.OPEN, opened_at__gt=at - WATCHED):
        if advice := advise(tally(issue)):
            paused += _raise_alarm(issue, *advice, at=at)
    gates.slow_down(blocked_lanes(since=at - FRESH), now=at)
    _mail_alarms(at=at)
    return paused


def tally(issue: Issue) -> Tally:
    states = issue.deliveries.all().counts()
    against = _against(issue)
    return Tally(
        accepted=states.get(State.ACCEPTED, 0),
        refused=sum(states.get(state, 0) for state in (State.REJECTED, State.FAILED))
        + against.get(Kind.REFUSED, 0),
        complaints=against.get(Kind.COMPLAINED, 0),
        bounces=against.get(Kind.HARD, 0),
    )


def blocked_lanes(*, since: datetime) -> set[str]:
    """Return the lanes whose servers refused or put off mails since then because of our ways."""
    policy = Event.objects.filter(kind__in=[Kind.THROTTLED, Kind.BLOCKED], is_ours=True)
    rows = policy.filter(at__gte=since).order_by().values_list("lane", flat=True)
    return set(rows.distinct()) - {""}


def _against(issue: Issue) -> dict[int, int]:
    """Return kind -> mails of which that was told, for kinds that speak against an issue."""
    events: QuerySet[Event] = Event.objects.filter(issue=issue, kind__gte=Kind.BLOCKED)
    rows = events.filter(is_ours=True).order_by().values_list("kind")
    return dict(rows.annotate(n=Count("entry", distinct=True)))


@transaction.atomic
def _raise_alarm(issue: Issue, kind: Alarm.Kind, reason: str, *, at: datetime) -> bool:
    """Say it once; True if the issue was paused by it.  A person who resumes it decided."""
    found = {"reason": reason, "at": at}
    _, is_new = Alarm.objects.get_or_create(issue=issue, kind=kind, defaults=found)
    if not is_new:
        return False
    logger.error("issue %s %s: %s", issue.slug, kind, reason)
    if kind != Alarm.Kind.PAUSED:
        return False
    still_open = Issue.objects.filter(pk=issue.pk, state=Issue.State.OPEN)
    return still_open.update(state=Issue.State.PAUSED, reason=reason) == 1


def _mail_alarms(*, at: datetime) -> None:
    """Tell the operator what he was not told yet; what cannot be sent waits for the next time."""
    if not settings.OPERATOR_MAIL:
        return
    for alarm in Alarm.objects.filter(mailed_at=None).select_related("issue"):
        row = Alarm.objects.filter(pk=alarm.pk)
        if row.filter(mailed_at=None).update(mailed_at=at) != 1:
            continue  # another sweep does it
        try:
            _mail(alarm)
        except (AnymailError, OSError) as error:
            row.update(mailed_at=None)
            logger.warning("an alarm could not be mailed: %s", type(error).__name__)


def _mail(alarm: Alarm) -> None:
    text = f"{alarm.issue}: {alarm.reason}."
    if alarm.kind == Alarm.Kind.PAUSED:
        text += "\nNothing more of it goes out until somebody resumes it."
    subject = f"{settings.SITE_NAME}: issue {alarm.issue.slug} {alarm.kind}"
    link = f"{settings.SITE_URL}/admin/newsletter/issue/{alarm.issue_id}/change/"
    send_mail(subject, f"{text}\n\n{link}\n", None, settings.OPERATOR_MAIL)
