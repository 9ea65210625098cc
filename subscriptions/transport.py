"""Hand one message to the mail service, and say what is known about it afterwards."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from enum import Enum
from smtplib import (
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
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
HTTP_LATER = {401, 402, 403, 408, 425, 429}
SMTP_LATER = {530, 534, 535, 538}  # who we are was not believed (RFC 4954)
ENHANCED = re.compile(r"(?<![\d.])5\.\d{1,3}\.\d{1,3}\b(?!\.\d)")  # RFC 3463
ENHANCED_LATER = re.compile(r"5\.4\.5|5\.7\.\d+")  # our quota is used up; policy against us


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
            return Result(fate_of(error), detail_of(error, recipients=message.recipients()))
        return Result(Fate.ACCEPTED, _provider_id(message))

    def _close(self) -> None:
        self._is_open = False
        try:
            self._connection.close()
        except (AnymailError, OSError) as error:
            logger.info("closing the mail connection: %s", error)


def fate_of(error: Exception) -> Fate:
    """Decide from an error whether the message was taken; only a clear no is a no.

    SMTP: 4xx is "not now", 5xx is "no" (RFC 5321 4.2.1) unless it speaks of us and not of
    the address; a lost connection says nothing.
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


def detail_of(error: Exception, *, recipients: Iterable[str]) -> str:
    """What went wrong, in at most 500 characters, without the address of who should get it.

    It is stored and logged, and must not know a reader who was erased since.
    """
    match error:
        case SMTPRecipientsRefused(recipients=refused):
            said = "; ".join(f"{code} {_text(reply)}" for code, reply in refused.values())
        case SMTPResponseException(smtp_code=code, smtp_error=reply):
            said = f"{code} {_text(reply)}"
        case _:
            said = str(error)
    for recipient in recipients:
        address = re.escape(parseaddr(recipient)[1] or recipient)
        said = re.sub(address, "[address]", said, flags=re.IGNORECASE)
    return f"{type(error).__name__}: {said}"[:500]


def _fate_of_smtp(error: SMTPException) -> Fate:
    match error:
        case SMTPSenderRefused():
            return Fate.LATER  # about us, whatever the code
        case SMTPRecipientsRefused(recipients=refused):
            return _by_reply(*max(refused.values()))
        case SMTPResponseException(smtp_code=code, smtp_error=reply):  # the text refused
            return _by_reply(code, reply)
        case SMTPServerDisconnected():
            return Fate.UNKNOWN
        case _:
            return Fate.NEVER  # the server lacks what we need, such as SMTPUTF8


def _by_reply(code: int, reply: bytes | str) -> Fate:
    """What an SMTP code and its text mean; a garbled answer counts as -1."""
    status = ENHANCED.search(_text(reply))
    if 400 <= code < 500 or code in SMTP_LATER:
        return Fate.LATER
    if not 500 <= code < 600:
        return Fate.UNKNOWN
    return Fate.LATER if status and ENHANCED_LATER.fullmatch(status[0]) else Fate.NEVER


def _text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply


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
