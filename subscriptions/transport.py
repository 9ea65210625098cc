"""Which way mail goes out: over SMTP, or through a service's own interface."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from subscriptions import esp, smtp
from subscriptions.outgoing import Fate, Outgoing, Result, Transport, Unreachable

SMTP = "django.core.mail.backends.smtp.EmailBackend"


def open_transport() -> Transport:
    """Return the way out that the settings name; it connects when there is something to send."""
    if settings.EMAIL_BACKEND == SMTP:
        return smtp.SmtpTransport(smtp.from_settings(), sessions=settings.SMTP_SESSIONS)
    return esp.BackendTransport(settings.EMAIL_BACKEND)


def keeps_keys() -> timedelta | None:
    """For how long a repeated call is known as such; None if it is not."""
    return esp.keeps_keys(settings.EMAIL_BACKEND)


class Unnoted:
    """The journal of mails that are in no ledger."""

    def handing(self, entry_ids: Iterable[int], *, key: UUID | None = None) -> None:
        """Nobody will ask."""

    def answered(self, results: Iterable[tuple[int, Result]]) -> None:
        """Nobody will ask."""


def send_once(mail: Outgoing) -> Result:
    """Send one mail outside the ledger, such as a test to a member of staff."""
    transport = open_transport()
    try:
        said = dict(transport.send(iter([mail]), Unnoted(), may_go_on=lambda: True))
    except Unreachable as error:
        return Result(Fate.LATER, str(error))
    finally:
        transport.close()
    return said[mail.entry_id]
