"""How often something may happen: counts in rows, which many processes may share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.http import HttpRequest

from subscriptions.models import SignUpCount

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The ORM has no condition for what is updated on a conflict.
COUNT = f"""
    INSERT INTO {SignUpCount._meta.db_table} AS known (bucket, starts_at, expires_at, count)
    VALUES (%s, %s, %s, 1)
    ON CONFLICT (bucket, starts_at) DO UPDATE SET count = known.count + 1 WHERE known.count < %s
"""  # noqa: S608, SLF001  # a name of ours


def allow(bucket: str, *, limit: int, span: timedelta, at: datetime) -> bool:
    """Count one more for `bucket`; False if it had its `limit` in the current span.

    Spans are fixed (a day begins at midnight UTC), so two neighbouring ones may together
    allow twice the limit within one span's length.  The counting is one conditional UPDATE:
    however many ask at once, exactly `limit` of them are allowed.
    """
    starts_at = at - (at - EPOCH) % span
    return _count(bucket, starts_at, limit=limit, expires_at=starts_at + span)


def allow_spaced(bucket: str, *, limit: int, span: timedelta, at: datetime) -> bool:
    """The same for spans that begin at any moment: never more than `limit` within `span`.

    There are `limit` places; whoever takes one has it for all of `span`.
    """
    places = [f"{bucket}:{number}" for number in range(limit)]
    SignUpCount.objects.bulk_create(
        [SignUpCount(bucket=place, starts_at=EPOCH, expires_at=EPOCH) for place in places],
        ignore_conflicts=True,
    )
    rows = SignUpCount.objects.filter(starts_at=EPOCH, expires_at__lte=at)
    taken = {"expires_at": at + span, "count": F("count") + 1}
    return any(rows.filter(bucket=place).update(**taken) for place in places)


def use_once(bucket: str, *, until: datetime) -> bool:
    """True the first time that it is asked for this bucket, until then."""
    return _count(bucket, EPOCH, limit=1, expires_at=until)


def book(bucket: str, *, limit: int, span: timedelta, at: datetime, spans: int) -> datetime | None:
    """Count one more in the first of so many spans, from now on, that has room.

    Returns:
        When that span begins, or `at` if it has begun; None if there is room in none.
    """
    if allow(bucket, limit=limit, span=span, at=at):
        return at
    first = at - (at - EPOCH) % span
    starts = [first + number * span for number in range(1, spans)]
    rows = SignUpCount.objects.filter(bucket=bucket, starts_at__in=starts)
    full = set(rows.filter(count__gte=limit).values_list("starts_at", flat=True))
    for start in starts:
        if start not in full and allow(bucket, limit=limit, span=span, at=start):
            return start
    return None


def _count(bucket: str, starts_at: datetime, *, limit: int, expires_at: datetime) -> bool:
    """One statement, so one commit; False if the count is at its limit."""
    if limit < 1:
        return False
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [bucket, *map(_stored, (starts_at, expires_at)), limit])
        return bool(cursor.rowcount == 1)


def _stored(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)


def address_of(request: HttpRequest) -> str:
    """Return the address that a request came from; empty if it cannot be known."""
    return client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.headers.get("X-Forwarded-For", ""),
        proxies=settings.PROXY_COUNT,
    )


def client_address(remote: str, forwarded: str, *, proxies: int) -> str:
    """Return the address that a request came from; empty if it cannot be known.

    Each proxy appends the peer that it saw to X-Forwarded-For, so with `proxies` trusted
    ones the entry that many from the right was written by us.  All to its left was written
    by the client and may be a lie.

    Args:
        remote: REMOTE_ADDR; empty behind a Unix socket.
        forwarded: the X-Forwarded-For header; may be empty or hostile.
        proxies: how many reverse proxies of our own are in front; 0 ignores the header.
    """
    entries = forwarded.split(",")
    entry = entries[-proxies] if 0 < proxies <= len(entries) else ""
    address = _parse(entry) or _parse(remote)
    return str(address) if address else ""


def network(address: str) -> str:
    """Return the /24 or /64 of an address, which one person can easily have all of."""
    parsed = _parse(address)
    if parsed is None:
        return "unknown"
    return str(ip_network((parsed, 24 if parsed.version == 4 else 64), strict=False))


def _parse(entry: str) -> IPv4Address | IPv6Address | None:
    """Read "192.0.2.1", "192.0.2.1:443", "2001:db8::1", "[2001:db8::1]:443", "fe80::1%eth0"."""
    text = entry.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
