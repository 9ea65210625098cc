"""System checks: settings that work, and that mail services or the law will not like."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connection

from newsletter import space
from papers import broker
from subscriptions import mail

SPARE_CONNECTIONS = 10
# Where anybody can have an address, so nobody can sign for one (DKIM, DMARC).
PUBLIC_DOMAINS = {
    *("163.com", "aol.com", "fastmail.com", "gmail.com", "googlemail.com", "icloud.com"),
    *("mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "pm.me", "proton.me"),
    *("protonmail.com", "qq.com", "t-online.de", "web.de", "ymail.com"),
}
# Providers with a domain for each country: yahoo.co.uk, hotmail.fr, outlook.com.br.
PUBLIC_NAME = re.compile(r"(gmx|hotmail|live|outlook|yahoo|yandex|zoho)\.((co|com)\.)?[a-z]{2,3}")


def is_public_provider(domain: str) -> bool:
    """True if anybody can get an address at that domain."""
    name = domain.casefold().rstrip(".")
    return name in PUBLIC_DOMAINS or PUBLIC_NAME.fullmatch(name) is not None


def sender(**kwargs: Any) -> list[checks.CheckMessage]:
    """MAIL_FROM must be of a domain that the site can sign for."""
    domain = mail.domain()
    if not is_public_provider(domain):
        return []
    return [
        checks.Warning(
            f"MAIL_FROM is an address at {domain}, and only {domain} itself can sign for it.",
            hint="Send from a domain that you own; the others refuse or hide such mail.",
            id="newsletter.W001",
        )
    ]


def postal_address(**kwargs: Any) -> list[checks.CheckMessage]:
    """Bulk mail must say who sends it and where he can be reached by post (CAN-SPAM)."""
    if settings.DEBUG or settings.POSTAL_ADDRESS.strip():
        return []
    return [
        checks.Warning(
            "POSTAL_ADDRESS is empty, so digests do not say who sends them.",
            hint="Many countries want a postal address in bulk mail.",
            id="newsletter.W002",
        )
    ]


def redis_policy(
    *, databases: Collection[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """A Redis that throws keys away when it is full throws doorbells away (F9)."""
    if not databases:
        return []
    answer = broker.ask(lambda redis: redis.config_get("maxmemory-policy"), patience=0.5)
    if answer is None:
        return [
            checks.Warning(
                "Redis could not be asked what it does when its memory is full.",
                hint="Its maxmemory-policy must be noeviction.",
                id="newsletter.W003",
            )
        ]
    policy = answer.get("maxmemory-policy", "unknown")
    if policy == "noeviction":
        return []
    return [
        checks.Error(
            f"Redis has maxmemory-policy {policy}, so a full one forgets what waits in it.",
            hint="Set it to noeviction, on a Redis of its own.",
            id="newsletter.E001",
        )
    ]


def connections(*, databases: Collection[str] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Every program of ours must find a connection, and ten are left for people."""
    if not databases or connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int")
        most = cursor.fetchone()[0]
    budget, ours = most - SPARE_CONNECTIONS, settings.DATABASE_PROCESSES
    if ours <= budget:
        return []
    return [
        checks.Error(
            f"DATABASE_PROCESSES is {ours}, and Postgres has room for {budget} "
            f"(max_connections {most}, less {SPARE_CONNECTIONS} for people).",
            hint="Start fewer, raise max_connections, or put a pooler in front.",
            id="newsletter.E002",
        )
    ]


def disk(**kwargs: Any) -> list[checks.CheckMessage]:
    """No issue is started on a disk that is nearly full."""
    shortage = space.shortage()
    if not shortage:
        return []
    return [checks.Warning(f"{shortage}, so no issue is started here.", id="newsletter.W004")]


def webhook_password(**kwargs: Any) -> list[checks.CheckMessage]:
    """Without a password most services cannot show that it is they who post."""
    if not settings.WEBHOOK_SERVICES or settings.ANYMAIL.get("WEBHOOK_SECRET"):
        return []
    return [
        checks.Warning(
            "ANYMAIL has no WEBHOOK_SECRET, so only services that sign can tell us of bounces.",
            hint="Choose a long one, as user:password, and put it into the service's webhook URL.",
            id="newsletter.W005",
        )
    ]


def unsubscribe_mailbox(**kwargs: Any) -> list[checks.CheckMessage]:
    """What stands before the @, with a token in it, is 64 characters at most (RFC 5321)."""
    from subscriptions import mail_tokens  # noqa: PLC0415  # needs models, and apps load this

    name, _, domain = settings.UNSUBSCRIBE_MAILBOX.partition("@")
    is_fit = name and domain and len(name) <= mail_tokens.LONGEST_NAME
    if not settings.UNSUBSCRIBE_MAILBOX or is_fit:
        return []
    return [
        checks.Warning(
            "UNSUBSCRIBE_MAILBOX is no address that a token fits into, so nobody can write to it.",
            hint=f"Name it with at most {mail_tokens.LONGEST_NAME} characters before the @.",
            id="newsletter.W006",
        )
    ]
