"""How often somebody may make us write a mail: counts per address and per network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.db.models import F

from subscriptions.models import SignUpCount

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def allow(bucket: str, *, limit: int, span: timedelta, at: datetime) -> bool:
    """Count one more for `bucket`; False if it had its `limit` in the current span.

    Spans are fixed (a day begins at midnight UTC), so two neighbouring ones may together
    allow twice the limit within one span's length.  The counting is one conditional UPDATE:
    however many ask at once, exactly `limit` of them are allowed.
    """
    starts_at = at - (at - EPOCH) % span
    SignUpCount.objects.bulk_create(
        [SignUpCount(bucket=bucket, starts_at=starts_at)], ignore_conflicts=True
    )
    row = SignUpCount.objects.filter(bucket=bucket, starts_at=starts_at)
    return row.filter(count__lt=limit).update(count=F("count") + 1) == 1


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
