"""How often digests are opened and their links followed: in sum, never by name.

Off unless the operator turns it on, and then only for readers who agreed.  What a reader
does is kept for a minute, to tell people from programs that follow every link, then it is
added to the sums and forgotten.
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

from newsletter.models import Delivery, Link, Sight, Tally

PATIENCE = timedelta(seconds=30)  # a scanner follows all links of a mail within this
_BODY = Struct(">16sI")  # public id of the delivery, number of the link
_MAC = 16  # bytes, so that all 36 fill 48 characters
_CANARY, _PIXEL = 0, 2**32 - 1  # numbers that no link has

Kind = Sight.Kind


class BadToken(Exception):
    """Nobody here made this."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one sight is: the pure part of a `Sight`."""

    entry: UUID
    issue: int
    kind: str
    link: int | None
    at: datetime


def numbers(urls: Iterable[str]) -> dict[str, int]:
    """Return url -> its number, storing those that are new.  Longer than 500: left out."""
    wanted = {url for url in urls if len(url) <= 500}
    Link.objects.bulk_create([Link(url=url) for url in sorted(wanted)], ignore_conflicts=True)
    return dict(Link.objects.filter(url__in=wanted).values_list("url", "pk"))


def click_path(entry: UUID, number: int) -> str:
    return f"/c/{_token(entry, number)}/"


def canary_path(entry: UUID) -> str:
    """For a link that people do not see."""
    return click_path(entry, _CANARY)


def pixel_path(entry: UUID) -> str:
    return click_path(entry, _PIXEL)


def see(token: str, *, at: datetime | None) -> str | None:
    """Return where the link leads, or None if it is the pixel or the canary.

    Notes the sight, unless `at` is None.

    Raises:
        BadToken: `token` is not of our making, or its link is gone.
    """
    entry, number = _read(token)
    kind = {_CANARY: Kind.SCANNED, _PIXEL: Kind.OPENED}.get(number, Kind.CLICKED)
    link = None
    if kind == Kind.CLICKED and (link := Link.objects.filter(pk=number).first()) is None:
        raise BadToken
    if at and (settings.COUNT_OPENS if kind == Kind.OPENED else settings.COUNT_CLICKS):
        _note(entry, kind, link, at=at)
    return link.url if link else None


def fold(*, at: datetime) -> int:
    """Add sights that are old enough to the sums and forget them; return how many counted.

    To be called by every sweep.
    """
    with transaction.atomic():
        rows = Sight.objects.select_for_update(skip_locked=True).filter(at__lt=at - 2 * PATIENCE)
        old = list(rows.order_by("pk"))
        names = {row.entry for row in old}
        near = Sight.objects.filter(entry__in=names).order_by("pk")
        sums = by_people([_seen(row) for row in old], [_seen(row) for row in near])
        for (issue, kind, link), count in sorted(sums.items(), key=repr):
            tally = Tally.objects.get_or_create(
                issue_id=issue,
                kind=kind,
                link_id=link,  # type: ignore[misc]  # None for opens
            )[0]
            Tally.objects.filter(pk=tally.pk).update(count=F("count") + count)
        Sight.objects.filter(pk__in=[row.pk for row in old]).delete()
    return sum(sums.values())


def by_people(seen: Sequence[Seen], near: Sequence[Seen]) -> Counter[tuple[int, str, int | None]]:
    """Sum up `seen` by (issue, kind, link), without what scanners did.  Pure.

    A mail whose hidden link was followed was read by a program at that moment, so nothing
    that happened to it within `PATIENCE` counts.  One mail counts once for each link.
    """
    scans: dict[UUID, list[datetime]] = defaultdict(list)
    for one in near:
        if one.kind == Kind.SCANNED:
            scans[one.entry].append(one.at)
    people = {
        (one.entry, one.issue, one.kind, one.link)
        for one in seen
        if one.kind != Kind.SCANNED
        and not any(abs(one.at - scan) <= PATIENCE for scan in scans[one.entry])
    }
    return Counter((issue, kind, link) for _, issue, kind, link in people)


def _note(entry: UUID, kind: Sight.Kind, link: Link | None, *, at: datetime) -> None:
    """Keep it for a minute, if the reader agrees still."""
    agreed = Delivery.objects.filter(public_id=entry, subscriber__is_counted=True)
    for issue in agreed.values_list("issue", flat=True):
        Sight.objects.create(entry=entry, issue_id=issue, kind=kind, link=link, at=at)


def _seen(row: Sight) -> Seen:
    return Seen(row.entry, row.issue_id, row.kind, row.link_id, row.at)


def _token(entry: UUID, number: int) -> str:
    body = _BODY.pack(entry.bytes, number)
    return urlsafe_b64encode(body + _mac(settings.SECRET_KEY, body)).decode()


def _read(token: str) -> tuple[UUID, int]:
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except (NotBase64, UnicodeEncodeError) as error:
        raise BadToken from error
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    is_whole = len(raw) == _BODY.size + _MAC and urlsafe_b64encode(raw).decode() == token
    if not is_whole or not any(hmac.compare_digest(mac, _mac(key, body)) for key in keys):
        raise BadToken
    public_id, number = _BODY.unpack(body)
    return UUID(bytes=public_id), number


def _mac(key: str, body: bytes) -> bytes:
    return hmac.digest(key.encode(), b"newsletter.counting.v1" + body, "sha256")[:_MAC]
