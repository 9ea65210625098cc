"""Hand one message to the mail service, and say what is known about it afterwards."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from smtplib import (
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from types import TracebackType
from typing import Self, cast

from anymail.exceptions import AnymailAPIError, AnymailError
from anymail.message import AnymailMessage
from django.core.mail import get_connection
from urllib3.exceptions import ConnectTimeoutError

logger = logging.getLogger(__name__)

# Answers that speak of this moment or of our account, and not of the message.
HTTP_LATER = {401, 403, 408, 425, 429}


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
        except (AnymailError, OSError, ValueError) as error:  # ValueError: cannot be written
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
    HTTP: 5xx and a few others are "not now", other 4xx "no"; an answer that cannot be read
    says nothing, nor does silence, unless nobody was there to listen.
    """
    match error:
        case SMTPException():
            return _fate_of_smtp(error)
        case AnymailAPIError() if status := _status(error):
            return _by_status(status)
        case AnymailAPIError():
            return Fate.LATER if _is_unheard(error) else Fate.UNKNOWN
        case OSError():
            return Fate.UNKNOWN
        case _:
            return Fate.NEVER  # the message could not be built


def _fate_of_smtp(error: SMTPException) -> Fate:
    match error:
        case SMTPRecipientsRefused(recipients=refused):
            return _by_code(max(code for code, _ in refused.values()))
        case SMTPResponseException(smtp_code=code):  # the sender or the text refused
            return _by_code(code)
        case SMTPServerDisconnected():
            return Fate.UNKNOWN
        case _:
            return Fate.NEVER  # the server lacks what we need, such as SMTPUTF8


def _by_code(code: int) -> Fate:
    """What an SMTP code means; a garbled answer counts as -1."""
    if 400 <= code < 500:
        return Fate.LATER
    return Fate.NEVER if 500 <= code < 600 else Fate.UNKNOWN


def _status(error: AnymailAPIError) -> int | None:
    """The HTTP status of the answer, if there was one; Amazon's library keeps its own."""
    answer: object = getattr(error, "response", None)
    if isinstance(answer, Mapping):
        return cast(int | None, answer.get("ResponseMetadata", {}).get("HTTPStatusCode"))
    return cast(int | None, error.status_code)


def _by_status(status: int) -> Fate:
    if status in HTTP_LATER or status >= 500:
        return Fate.LATER
    return Fate.NEVER if status >= 400 else Fate.UNKNOWN


def _is_unheard(error: BaseException) -> bool:
    """Whether no connection came about: requests says so two levels down."""
    cause = error.__cause__
    failure = cause.args[0] if cause is not None and cause.args else None
    return isinstance(getattr(failure, "reason", None), ConnectTimeoutError)


def _provider_id(message: AnymailMessage) -> str:
    """The service's id; plain SMTP has none, so there it is our own Message-ID."""
    found = message.anymail_status.message_id
    return str(message.extra_headers["Message-ID"] if found is None else found)
