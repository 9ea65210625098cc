"""Every public address, found by walking the resolver: what is added later is tried by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from django.urls import URLPattern, URLResolver, get_resolver

from subscriptions import tokens
from subscriptions.models import Subscriber
from subscriptions.tokens import Purpose

PART = re.compile(r"<(?:(\w+):)?(\w+)>")
# What a part of an address may be, by its name and then by its kind.
SAMPLES = {
    "kind": "daily",
    "on": "2026-03-17",
    "day": "2026-03-16",
    "service": "postmark",
    "slug": "daily-20260317",
    "int": "1",
    "path": "2603.00001",
    "form": "atom",
    "slugs": "agents",
    "span": "today",
    "name": "pages",
}


@dataclass(frozen=True, slots=True)
class Door:
    """One route, such as "digest/<token:token>/<slug:kind>/<slug:on>/"."""

    route: str

    @property
    def parts(self) -> list[tuple[str, str]]:
        """(kind, name) of what changes in it."""
        return [(kind or "str", name) for kind, name in PART.findall(self.route)]

    @property
    def has_token(self) -> bool:
        return any(name == "token" for _, name in self.parts)

    def address(self, values: Mapping[str, str] | None = None) -> str:
        """The address with these values, quoted; parts that are not given get a sample."""
        given = values or {}

        def fill(found: re.Match[str]) -> str:
            kind, name = found[1] or "str", found[2]
            return given.get(name) or quote(SAMPLES.get(name) or SAMPLES.get(kind, "x"))

        return "/" + PART.sub(fill, self.route)

    def __str__(self) -> str:
        return self.route or "/"


def doors() -> list[Door]:
    """All routes but those of the admin, which needs a password."""
    return [Door(route) for route in _routes(get_resolver()) if not route.startswith("admin/")]


def _routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if route.startswith("admin/"):
            continue
        if isinstance(entry, URLPattern):
            if "(?P" not in route and "^" not in route:
                yield route
        else:
            yield from _routes(entry, route)


def tokens_of(reader: Subscriber) -> dict[Purpose, str]:
    return {purpose: tokens.make(purpose, reader) for purpose in Purpose}
