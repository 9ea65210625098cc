"""The one way in: every sign-up, from a page, a frame or the API, comes through `enter`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from subscriptions import brake, limits, optin
from subscriptions.even_time import even_time
from subscriptions.forms import MAXIMUM_AGE, JoinForm
from subscriptions.tasks import ring_letters

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
QUEUED_HOURS = 24  # nobody is made to wait for longer
TIMES_ANSWERED = 5  # the usual number: so many more are written to at once if they answer

EVERYBODY = "everybody"  # the bucket of all sign-ups

NETWORK_FULL = _("Too many sign-ups came from your network. Please try again in an hour.")
ALL_FULL = _("More people sign up than we can write to today. Please try again tomorrow.")
SENT_BEFORE = _("This form was sent before. Please send it once more.")
WRONG = _("That is not the answer that we expected. Here is another question.")


class Outcome(Enum):
    """What whoever signed up is shown.  None of them says anything about the address."""

    TAKEN = "taken"  # the one neutral answer
    LATER = "later"  # the same, and that the mail comes within a day
    AGAIN = "again"  # the form once more, with the error that it holds
    TOO_MANY = "too many"  # the same, with the status 429
    CHALLENGE = "challenge"  # the page with a question


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of the request of a sign-up."""

    ip: str  # empty if it cannot be known
    page: str  # where it was asked, as consents record it: "/", "/embed/", "/api/v1/"
    language: str = ""  # that the reader was shown; empty if it is not known

    @classmethod
    def of(cls, request: HttpRequest, *, page: str, language: str = "") -> Call:
        """Only proxies of our own are believed when they say whose request it is."""
        return cls(ip=limits.address_of(request), page=page, language=language)


def enter(form: JoinForm, *, call: Call, at: datetime) -> Outcome:
    """Take a sign-up, or say why not; for an outcome that shows the form, it holds the error.

    Args:
        form: bound and valid.
    """
    if form.is_trapped:
        return Outcome.TAKEN  # so it is told
    found = brake.state()
    is_braked = brake.is_on(found, at=at)
    if is_braked and not form.is_from_question:
        brake.press(found, at=at)
        if form.known_stamp is None:
            form.show_again()  # the question comes from the stamp
        return Outcome.CHALLENGE  # and nothing is stored of it, however many come
    if not _is_within_limit(call.ip, at=at):
        return _show(form, Outcome.TOO_MANY, NETWORK_FULL)
    if not _is_first_use(form):
        return _show(form, Outcome.AGAIN, SENT_BEFORE)
    usual = brake.hourly_limit(found)
    if not is_braked:
        if limits.allow(EVERYBODY, limit=usual, span=HOUR, at=at):
            return _ask(form, call=call, at=at, turn=at)
        brake.pull(brake.MANY, at=at)
    return _enter_braked(form, call=call, at=at, usual=usual)


def ask_again(email: str, *, call: Call, at: datetime) -> Outcome:
    """Whoever waits for a letter in vain gets it once more: TAKEN, or TOO_MANY.

    Args:
        email: as `address.normalise` returned it.
    """
    if not _is_within_limit(call.ip, at=at):
        return Outcome.TOO_MANY
    with even_time(), transaction.atomic():
        optin.ask_again(email, at=at)
    transaction.on_commit(ring_letters)
    return Outcome.TAKEN


def _enter_braked(form: JoinForm, *, call: Call, at: datetime, usual: int) -> Outcome:
    """Who answers the question goes on at once, who would rather wait gets his turn later."""
    is_answered = form.is_answered
    if not is_answered and not form.cleaned_data["later"]:
        complaint = WRONG if form.cleaned_data["answer"] else ""
        return _show(form, Outcome.CHALLENGE, complaint)
    if is_answered and limits.allow("answered", limit=TIMES_ANSWERED * usual, span=HOUR, at=at):
        return _ask(form, call=call, at=at, turn=at)
    turn = limits.book(EVERYBODY, limit=usual, span=HOUR, at=at + HOUR, spans=QUEUED_HOURS)
    if turn is None:
        return _show(form, Outcome.TOO_MANY, ALL_FULL)
    _ask(form, call=call, at=at, turn=turn)
    return Outcome.LATER


def _show(form: JoinForm, outcome: Outcome, complaint: Promise | str) -> Outcome:
    form.show_again(str(complaint))
    return outcome


def _ask(form: JoinForm, *, call: Call, at: datetime, turn: datetime) -> Outcome:
    """Have the letter written, to go out at its turn: now, or in an hour with room for it."""
    email = form.cleaned_data["email"]
    turn = _turn_of_domain(email, at=turn)
    with even_time(), transaction.atomic():
        letter = optin.ask(
            email,
            topics=form.cleaned_data["topics"],
            choices=form.choices(),
            at=at,
            ip=call.ip or None,
            page=call.page,
        )
        if turn > at:
            optin.postpone(letter, until=turn)
    transaction.on_commit(ring_letters)
    return Outcome.TAKEN


def _turn_of_domain(email: str, *, at: datetime) -> datetime:
    """One service takes only so many letters in a minute; the others go in the next minutes."""
    domain = email.rpartition("@")[2][-80:]  # what does not fit into a bucket's name
    limit = settings.SIGNUPS_PER_DOMAIN_A_MINUTE
    turn = limits.book(f"domain:{domain}", limit=limit, span=MINUTE, at=at, spans=60)
    return turn or at + HOUR


def _is_first_use(form: JoinForm) -> bool:
    """A form that somebody really opened is good for one sign-up."""
    stamp = form.known_stamp
    return stamp is None or limits.use_once(
        f"stamp:{stamp.nonce}", until=stamp.made_at + MAXIMUM_AGE
    )


def _is_within_limit(ip: str, *, at: datetime) -> bool:
    bucket = f"network:{limits.network(ip)}"
    return limits.allow(bucket, limit=settings.SIGNUPS_PER_NETWORK_AN_HOUR, span=HOUR, at=at)
