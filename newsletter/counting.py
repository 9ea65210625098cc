"""How often digests are opened and their links followed: in sum, never by name.

Off unless the operator turns it on, and then only in the mails of readers who agreed.  Their
links are the same for all of them and say which issue and which address, not whose mail it
was.  What a network address does is kept for a minute and a half, hashed, to tell people from
programs that follow every link; then it is added to the sums and forgotten.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from struct import Struct
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from newsletter.models import Issue, Link, Sight, Tally
from subscriptions.limits import network

PATIENCE = timedelta(seconds=30)  # a scanner follows all links of a mail within this
_BODY = Struct(">II")  # ids of the issue and of the link
_MAC = 16  # bytes, so that all 24 fill 32 characters
_CANARY, _PIXEL = 0, 2**32 - 1  # ids that no link has

Kind = Sight.Kind


class BadToken(Exception):
    """Nobody here made this."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one sight is: the pure part of a `Sight`."""

    visitor: UUID
    network: UUID
    issue: int
    kind: str
    link: int | None
    at: datetime


def is_on() -> bool:
    """Whether the operator wants anything to be counted."""
    return bool(settings.COUNT_OPENS or settings.COUNT_CLICKS)


def numbers(urls: Iterable[str]) -> dict[str, int]:
    """Return url -> its number, storing those that are new.  Longer than 500: left out."""
    wanted = {url for url in urls if url and len(url) <= 500}
    Link.objects.bulk_create([Link(url=url) for url in sorted(wanted)], ignore_conflicts=True)
    return dict(Link.objects.filter(url__in=wanted).values_list("url", "pk"))


def detours(issue: int, urls: Iterable[str]) -> dict[str, str]:
    """Return url -> the address that counts and leads there; nothing if clicks do not count."""
    found = numbers(urls) if settings.COUNT_CLICKS else {}
    return {url: _address(issue, number) for url, number in found.items()}


def canary(issue: int) -> str:
    """Return the address of a link that people do not see."""
    return _address(issue, _CANARY)


def pixel(issue: int) -> str:
    """Return the address of a picture that is loaded when a mail is opened, if opens count."""
    return _address(issue, _PIXEL) if settings.COUNT_OPENS else ""


def see(token: str, *, address: str, at: datetime | None) -> str | None:
    """Return where the link leads, or None if it is the pixel or the canary.

    Notes the sight, unless `at` is None.

    Args:
        address: of whoever asks, on the network; empty if it cannot be known.

    Raises:
        BadToken: `token` is not of our making, or its link is gone.
    """
    issue, number = _read(token)
    kind = {_CANARY: Kind.SCANNED, _PIXEL: Kind.OPENED}.get(number, Kind.CLICKED)
    link = None
    if kind == Kind.CLICKED and (link := Link.objects.filter(pk=number).first()) is None:
        raise BadToken
    is_wanted = {
        Kind.SCANNED: is_on(), Kind.OPENED: settings.COUNT_OPENS,
        Kind.CLICKED: settings.COUNT_CLICKS,
    }  # fmt: skip
    if at and is_wanted[kind] and Issue.objects.filter(pk=issue).exists():
        visitor, whole = _hidden(address), _hidden(network(address))
        sight = Sight(visitor=visitor, network=whole, issue_id=issue, kind=kind, link=link, at=at)
        Sight.objects.bulk_create([sight], ignore_conflicts=True)  # the same again is no news
    return link.url if link else None


def fold(*, at: datetime) -> int:
    """Add sights that are old enough to the sums and forget them; return how many counted.

    To be called by every sweep.
    """
    with transaction.atomic():
        noted = Sight.objects.exclude(kind=Kind.SCANNED).filter(at__lt=at - 2 * PATIENCE)
        old = list(noted.select_for_update(skip_locked=True).order_by("pk"))
        scans = Sight.objects.filter(kind=Kind.SCANNED)
        sums = by_people([_seen(row) for row in old], [_seen(row) for row in scans])
        for (issue, kind, link), count in sorted(sums.items(), key=repr):
            tally = Tally.objects.get_or_create(
                issue_id=issue,
                kind=kind,
                link_id=link,  # type: ignore[misc]  # None for opens
            )[0]
            Tally.objects.filter(pk=tally.pk).update(count=F("count") + count)
        noted.filter(pk__in=[row.pk for row in old]).delete()
        # Whatever happened near to such a scan was old enough for this fold.
        scans.filter(at__lt=at - 3 * PATIENCE).delete()
    return sum(sums.values())


def by_people(seen: Sequence[Seen], scans: Sequence[Seen]) -> Counter[tuple[int, str, int | None]]:
    """Sum up `seen` by (issue, kind, link), without what scanners did.  Pure.

    From where the hidden link of an issue was followed a program reads it at that moment, so
    nothing that came from there within `PATIENCE` counts.  A visitor counts once for each
    link, so many readers behind one address are fewer in the sums than they are.
    """
    programs: dict[tuple[UUID, int], list[datetime]] = defaultdict(list)
    for scan in scans:
        programs[scan.network, scan.issue].append(scan.at)
    people = {
        (one.visitor, one.issue, one.kind, one.link)
        for one in seen
        if not any(abs(one.at - at) <= PATIENCE for at in programs[one.network, one.issue])
    }
    return Counter((issue, kind, link) for _, issue, kind, link in people)


def _seen(row: Sight) -> Seen:
    return Seen(row.visitor, row.network, row.issue_id, row.kind, row.link_id, row.at)


def _hidden(address: str) -> UUID:
    """Recognise an address of the network without storing it."""
    return UUID(bytes=_mac(settings.SECRET_KEY, address.encode()))


def _address(issue: int, number: int) -> str:
    body = _BODY.pack(issue, number)
    token = urlsafe_b64encode(body + _mac(settings.SECRET_KEY, body)).decode()
    return settings.SITE_URL + reverse("newsletter:counted", args=[token])


def _read(token: str) -> tuple[int, int]:
    """Return the ids of issue and link."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except (NotBase64, UnicodeEncodeError) as error:
        raise BadToken from error
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    is_whole = len(raw) == _BODY.size + _MAC and urlsafe_b64encode(raw).decode() == token
    if not is_whole or not any(hmac.compare_digest(mac, _mac(key, body)) for key in keys):
        raise BadToken
    issue, number = _BODY.unpack(body)
    return issue, number


def _mac(key: str, body: bytes) -> bytes:
    return hmac.digest(key.encode(), b"newsletter.counting.v1" + body, "sha256")[:_MAC]
