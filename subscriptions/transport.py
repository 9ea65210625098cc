"""Hand one message to the mail service, and say what is known about it afterwards."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum
from smtplib import (
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from types import TracebackType
from typing import Self

from anymail.exceptions import AnymailAPIError, AnymailError
from anymail.message import AnymailMessage
from django.core.mail import get_connection

logger = logging.getLogger(__name__)


class Fate(Enum):
    ACCEPTED = "accepted"  # the service said yes
    LATER = "later"  # the service said not now
    NEVER = "never"  # the service said no
    UNKNOWN = "unknown"  # the service may have taken it


@dataclass(frozen=True, slots=True)
class Result:
    fate: Fate
    detail: str = ""  # the service's id of an accepted message, else what it said


class Unreachable(Exception):
    """The mail service could not be spoken to at all; nothing was handed over."""


class Transport:
    """One open connection to the mail service, for many messages."""

    def __init__(self) -> None:
        self._connection = get_connection()
        self._is_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def open(self) -> None:
        """Be ready to send; raise `Unreachable`.  Free if the connection is open."""
        if self._is_open:
            return
        try:
            self._connection.open()
        except (AnymailError, OSError) as error:  # every SMTPException is an OSError
            raise Unreachable(str(error)) from error
        self._is_open = True

    def send(self, message: AnymailMessage) -> Result:
        """Send over the open connection; after any trouble the next call opens a new one."""
        message.connection = self._connection
        try:
            message.send()
        except (AnymailError, OSError) as error:
            self._close()
            return Result(fate_of(error), f"{type(error).__name__}: {error}"[:500])
        return Result(Fate.ACCEPTED, _provider_id(message))

    def _close(self) -> None:
        self._is_open = False
        try:
            self._connection.close()
        except (AnymailError, OSError) as error:
            logger.info("closing the mail connection: %s", error)


def fate_of(error: Exception) -> Fate:
    """Decide from an error whether the message was taken; only a clear no is a no.

    SMTP: 4xx is "not now", 5xx is "no" (RFC 5321 4.2.1); a lost connection says nothing.
    HTTP: 429 and 5xx are "not now", other 4xx "no"; no status at all says nothing.
    """
    match error:
        case SMTPRecipientsRefused(recipients=refused):
            return _by_code(max(code for code, _ in refused.values()))
        case SMTPSenderRefused(smtp_code=code) | SMTPResponseException(smtp_code=code):
            return _by_code(code)
        case SMTPServerDisconnected():
            return Fate.UNKNOWN
        case SMTPException():
            return Fate.NEVER  # the server lacks what we need, such as AUTH
        case AnymailAPIError(status_code=int(status)):
            return Fate.LATER if status == 429 or status >= 500 else Fate.NEVER
        case AnymailAPIError() | OSError():
            return Fate.UNKNOWN
        case _:
            return Fate.NEVER  # Anymail refused to build the message


def _by_code(code: int) -> Fate:
    return Fate.LATER if 400 <= code < 500 else Fate.NEVER


def _provider_id(message: AnymailMessage) -> str:
    """The service's id; plain SMTP has none, so there it is our own Message-ID."""
    status = getattr(message, "anymail_status", None)
    return str(getattr(status, "message_id", None) or message.extra_headers["Message-ID"])
