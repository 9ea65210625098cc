"""What is particular about each mail service.  Pure.

A service that is not in the table takes one message a call, has no idempotency keys and
takes what any message has.  Services that need another package (Amazon SES) are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

MARGIN = timedelta(minutes=5)  # from the decision to repeat a call to the call


@dataclass(frozen=True, slots=True)
class Service:
    batch: int = 1  # at most so many whole, different messages in one call
    keys_live: timedelta | None = None  # how long it knows the idempotency key of a call
    adds: Mapping[str, str] = field(default_factory=dict)  # headers that speak to it alone
    drops: frozenset[str] = frozenset()  # headers that it writes itself
    has_metadata: bool = True


SERVICES: Mapping[str, Service] = {
    "anymail.backends.brevo.EmailBackend": Service(keys_live=timedelta(minutes=30)),
    "anymail.backends.mailersend.EmailBackend": Service(has_metadata=False),
    "anymail.backends.mailjet.EmailBackend": Service(batch=50),
    "anymail.backends.mailtrap.EmailBackend": Service(batch=500),
    "anymail.backends.postal.EmailBackend": Service(has_metadata=False),
    "anymail.backends.postmark.EmailBackend": Service(
        batch=500,
        adds={"X-PM-KeepID": "true"},  # else it replaces our Message-ID
        drops=frozenset({"Feedback-ID"}),
    ),
    "anymail.backends.resend.EmailBackend": Service(batch=100, keys_live=timedelta(hours=24)),
}


def service_of(backend_path: str) -> Service:
    return SERVICES.get(backend_path, Service())


def keeps_keys(backend_path: str) -> timedelta | None:
    """How long a call may be repeated (`subscriptions.outgoing.Repeating`); None: not at all."""
    live = service_of(backend_path).keys_live
    return None if live is None else live - MARGIN
