"""Turn environment variables into the shapes that Django and Celery want.  Pure functions."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any
from urllib.parse import parse_qs, urlsplit

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
    "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=27103364; PRAGMA cache_size=-20000"
)

CONNECT_SECONDS = 5  # a Postgres that does not take a connection by then is away


def with_engine_options(database: dict[str, Any]) -> dict[str, Any]:
    """Complete django-environ's database settings with what each engine needs to be safe.

    SQLite begins every transaction with IMMEDIATE: a deferred one that later writes fails
    with "database is locked", and that failure is a lost task.
    """
    if database["ENGINE"].endswith("sqlite3"):
        options = {
            "timeout": 20,  # seconds to wait for the one writer
            "transaction_mode": "IMMEDIATE",
            "init_command": SQLITE_PRAGMAS,
        }
        return {**database, "OPTIONS": options}
    options = {"connect_timeout": CONNECT_SECONDS, **database.get("OPTIONS", {})}
    return {**database, "OPTIONS": options, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def celery_broker_url(url: str) -> str:
    """Accept every way to write a Redis address; return the one that Celery understands.

    `unix:///run/redis.sock?db=1` (redis-py) becomes
    `redis+socket:///run/redis.sock?virtual_host=1` (kombu); all others pass unchanged.
    """
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


def complaints(*, debug: bool, secret_key: str, site_url: str, mail_from: str) -> list[str]:
    """Say what makes these settings unfit for a site that is not in DEBUG mode."""
    if debug:
        return []

    site = urlsplit(site_url)
    is_local = site.hostname in {"localhost", "127.0.0.1", "::1"}
    found = []
    if len(secret_key) < 50:
        found.append("SECRET_KEY must be set to at least 50 random characters")
    if site.scheme != "https" and not is_local:
        found.append("SITE_URL must be the https address that readers see")
    if "@" not in parseaddr(mail_from)[1]:
        found.append('MAIL_FROM must be like: "Papers, Daily" <digest@news.example.org>')
    if mail_from.rstrip(">").endswith("@localhost") and not is_local:
        found.append("MAIL_FROM must be an address of a domain that you own")
    return found
