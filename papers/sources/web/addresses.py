"""Which addresses may be asked: those that a setting names, on the public internet."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx2
from django.conf import settings

from papers.sources import SourceError
from papers.sources.web.manners import MANNERS, Manner

NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address meant
LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215

Origin = tuple[str, str, int | None]  # scheme, host, port if it is not the usual one


@dataclass(frozen=True, slots=True)
class Destination:
    """An address that may be asked, and how."""

    url: httpx2.URL
    manner: Manner
    is_local: bool  # the setting names this very machine

    @property
    def host(self) -> str:
        """The name under which it is paused."""
        return self.url.netloc.decode("ascii")


def destination(url: str, *, params: Mapping[str, str] | None = None) -> Destination:
    """Return where to ask; raise `SourceError` unless a setting names its scheme, host and port."""
    try:
        address = httpx2.URL(url, params=params) if params else httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise SourceError(f"{url!r} is not an address: {error}") from error
    is_local = is_loopback(address.host)
    if address.scheme != "https" and not (address.scheme == "http" and is_local):
        raise SourceError(f"{url} is refused: only https is fetched")
    if address.userinfo:
        raise SourceError(f"{address.host} is refused: its address has a user name in it")
    manner = _named().get(_origin(address))
    if manner is None:
        raise SourceError(f"{url} is refused: no setting names {address.host}")
    return Destination(address, manner, is_local)


def resolve(host: str, port: int, *, is_local: bool) -> list[str]:
    """Return the numeric addresses of a host, after all of them were checked.

    Who connects must connect to one of these and not look the name up again: the next
    answer may be another one.

    Raises:
        OSError: if the name cannot be looked up.
        SourceError: if any address is not public; for a local host, if any is not loopback.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    numbers = list(dict.fromkeys(str(row[4][0]) for row in found))
    for number in numbers:
        address = ip_address(number.partition("%")[0])
        if not (address.is_loopback if is_local else is_public(address)):
            raise SourceError(f"{host} is refused: its address {number} is not on the internet")
    return numbers


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it leads to a machine on the internet; what is wrapped in IPv6 is unwrapped."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or _behind_nat64(address)
        if inner is not None:
            return is_public(inner)
        is_old = address.packed[:12] == bytes(12)  # IPv4-compatible, long given up
        if is_old or address in LOCAL_NAT64:
            return False
    return address.is_global and not address.is_multicast


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _behind_nat64(address: IPv6Address) -> IPv4Address | None:
    return IPv4Address(address.packed[12:]) if address in NAT64 else None


def hosts_of(service: str) -> set[str]:
    """The hosts that settings name for a service, as `Destination.host` writes them."""
    return {url.netloc.decode("ascii") for url, manner in _settings() if manner.service == service}


def _named() -> dict[Origin, Manner]:
    """What may be asked, and how; an origin of two services as the slower one wants."""
    slowest_last = sorted(_settings(), key=lambda named: named[1].spacing)
    return {_origin(url): manner for url, manner in slowest_last}


def _settings() -> Iterator[tuple[httpx2.URL, Manner]]:
    """Yield what is in settings such as ARXIV_API_URL."""
    for name in dir(settings):
        manner = MANNERS.get(name.partition("_")[0])
        if manner and name.endswith("_URL"):
            yield httpx2.URL(getattr(settings, name)), manner


def _origin(url: httpx2.URL) -> Origin:
    return url.scheme, url.host, url.port
