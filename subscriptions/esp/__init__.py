"""The ways out that are not SMTP: Anymail's services, and Django's backends for development."""

from __future__ import annotations

from subscriptions.esp.traits import keeps_keys
from subscriptions.esp.transport import BackendTransport

__all__ = ["BackendTransport", "keeps_keys"]
