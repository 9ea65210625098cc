"""What a mail service says of a mail afterwards: its kind, and what it costs the reader.  Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

HALF_LIFE = timedelta(days=7)  # after which a soft bounce is worth half
WINDOW = timedelta(days=30)  # after which it is worth nothing
LIMIT = 5.0  # soft bounces, each worth 1 at first, that an address may have

# Enhanced status codes (RFC 3463): class, subject, detail; not a part of an IP address.
_CODE = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_NO_SUCH_ADDRESS = {("1", "1"), ("1", "2"), ("1", "10")}
_FULL = ("2", "2")
_POLICY = "7"
_POLICY_WORDS = re.compile(
    r"\b(spam\w*|(?:block|black|deny) ?list\w*|blocked|polic(?:y|ies)|reputation|dmarc|spf|dkim|"
    r"rbl|dnsbl|rate[ -]?limit\w*|throttl\w*)\b",
    re.IGNORECASE,
)
_PERMANENT = re.compile(r"hard|permanent|invalid_?email|no_?such", re.IGNORECASE)
_POLICY_MARK = re.compile(r"block|spam|policy", re.IGNORECASE)
# How services say that an address is on their own list of those that they never send to.
_ON_THEIR_LIST = re.compile(
    r"manuallydeactivated|inactive|suppress|spam ?reporting ?address|bounced ?address",
    re.IGNORECASE,
)


class Kind(IntEnum):
    """What became of a mail.  Of two kinds the larger holds, whichever was told first."""

    OTHER = 0  # opened, clicked, answered by a machine: says nothing of its delivery
    SENT = 10
    DEFERRED = 20
    THROTTLED = 25  # deferred, because of what we send and not because of the address
    DELIVERED = 30
    SOFT = 40  # came back; another mail may arrive
    BLOCKED = 45  # came back, because of what we send and not because of the address
    REFUSED = 48  # the service did not send it, and does not say that the address is why
    INACTIVE = 49  # the address is on the service's own list of those never to send to
    HARD = 50  # came back: there is no such address
    LEFT = 60  # the reader unsubscribed by means of the service
    COMPLAINED = 70  # the reader called it spam


@dataclass(frozen=True, slots=True)
class Told:
    """An event in Anymail's words, and in the service's own."""

    event_type: str  # anymail.signals.EventType
    reject_reason: str | None = None  # anymail.signals.RejectReason
    text: str = ""  # what the receiving server answered, with its codes
    marks: str = ""  # the service's own names of what happened


_PLAIN = {
    "queued": Kind.SENT,
    "sent": Kind.SENT,
    "delivered": Kind.DELIVERED,
    "complained": Kind.COMPLAINED,
    "unsubscribed": Kind.LEFT,
    "failed": Kind.REFUSED,
}


def kind_of(told: Told) -> Kind:
    """What happened.  Doubt is for the reader: a bounce that nobody explains is a soft one."""
    match told.event_type:
        case "deferred":
            return Kind.THROTTLED if _is_policy(told) else Kind.DEFERRED
        case "bounced":
            return _bounce(told)
        case "rejected":
            return _refusal(told)
        case other:
            return _PLAIN.get(other, Kind.OTHER)


def score(moments: Iterable[datetime], *, at: datetime) -> float:
    """What soft bounces at `moments` are worth at `at`; later ones do not count yet."""
    ages = sorted(at - moment for moment in moments if timedelta(0) <= at - moment < WINDOW)
    return math.fsum(math.pow(0.5, age / HALF_LIFE) for age in ages)


def are_too_many(moments: Iterable[datetime]) -> bool:
    """True if these soft bounces were, at any time, as much as an address may have.

    The answer does not depend on the order in which one hears of them.
    """
    known = list(moments)
    return len(known) >= LIMIT and any(score(known, at=moment) >= LIMIT for moment in known)


def _codes(told: Told) -> list[tuple[str, str, str]]:
    """Of what went wrong: (class, subject, detail)."""
    found: list[tuple[str, str, str]] = _CODE.findall(f"{told.text} {told.marks}")
    return found


def _is_policy(told: Told) -> bool:
    """True if the answer speaks of our mail; a code says so better than a word."""
    codes = _codes(told)
    if codes:
        return any(subject == _POLICY for _, subject, _ in codes)
    return _POLICY_WORDS.search(told.text) is not None


def _bounce(told: Told) -> Kind:
    codes = _codes(told)
    if _is_policy(told):
        return Kind.BLOCKED
    if any(first == "5" and (s, d) in _NO_SUCH_ADDRESS for first, s, d in codes):
        return Kind.HARD
    if any(first == "4" or (s, d) == _FULL for first, s, d in codes):
        return Kind.SOFT
    if _ON_THEIR_LIST.search(f"{told.marks} {told.text}"):
        return Kind.INACTIVE
    if told.reject_reason in {"spam", "blocked"} or _POLICY_MARK.search(told.marks):
        return Kind.BLOCKED
    is_permanent = told.reject_reason == "invalid" or _PERMANENT.search(told.marks)
    return Kind.HARD if is_permanent else Kind.SOFT


def _refusal(told: Told) -> Kind:
    """Of a mail that the service did not even try to deliver."""
    match told.reject_reason:
        case "invalid":
            return Kind.HARD
        case "bounced":
            return Kind.INACTIVE
        case "unsubscribed":
            return Kind.LEFT
    is_listed = _ON_THEIR_LIST.search(f"{told.marks} {told.text}")
    return Kind.INACTIVE if is_listed else Kind.REFUSED
