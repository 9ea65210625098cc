"""Asks the DNS, with patience that ends."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

import dns.exception
import dns.resolver
import dns.reversename

PATIENCE = 5.0  # seconds for one question, all servers and tries together


class NotAnswered(Exception):
    """No name server answered, so nothing is known.  Not: there is no such name."""


class Names:
    """The DNS as the machine sees it, or as `nameservers` do.

    Args:
        nameservers: addresses; none means those of the machine.
        port: of all of them.
    """

    def __init__(self, nameservers: Sequence[str] = (), *, port: int = 53) -> None:
        self._resolver = dns.resolver.Resolver(configure=not nameservers)
        if nameservers:
            self._resolver.nameservers = list(nameservers)
            self._resolver.port = port
        self._resolver.lifetime = PATIENCE

    @classmethod
    def asked_at(cls, server: str) -> Names:
        """Ask "192.0.2.1" or "192.0.2.1:5353"; an empty text means the machine's own."""
        host, _, port = server.partition(":") if server.count(":") == 1 else (server, "", "")
        return cls([host] if host else [], port=int(port) if port.isdecimal() else 53)

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name, each with its pieces joined (RFC 7208, 3.3)."""
        answers = self._ask(name, "TXT")
        return [b"".join(answer.strings).decode("utf-8", "replace") for answer in answers]

    def addresses(self, name: str) -> list[str]:
        """The IPv4 and IPv6 addresses of a name."""
        return [str(found) for kind in ("A", "AAAA") for found in self._ask(name, kind)]

    def has_mail_servers(self, name: str) -> bool:
        """Whether somebody takes mail for the name; a "null MX" is nobody (RFC 7505)."""
        return any(str(found.exchange) != "." for found in self._ask(name, "MX"))

    def name_of(self, address: str) -> str:
        """The name that an address says it has (PTR); empty if none."""
        pointer = dns.reversename.from_address(str(ip_address(address)))
        found = self._ask(pointer.to_text(), "PTR")
        return str(found[0].target).rstrip(".") if found else ""

    def _ask(self, name: str, kind: str) -> list:  # type: ignore[type-arg]  # each kind has its own
        try:
            return list(self._resolver.resolve(name, kind, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, ValueError) as error:
            raise NotAnswered(f"{name} {kind}: {error}") from error
