"""What the answer of a mail service, or its silence, says about a message.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parseaddr, parsedate_to_datetime
from ssl import SSLCertVerificationError
from typing import cast

from anymail.exceptions import AnymailAPIError
from requests.exceptions import (
    InvalidHeader,
    InvalidSchema,
    InvalidURL,
    JSONDecodeError,
    MissingSchema,
)
from urllib3.exceptions import ConnectTimeoutError, ProxyError, SSLError

from subscriptions.outgoing import Fate, Result

# Answers that speak of this moment or of our account, and not of the message.
LATER = frozenset({401, 402, 403, 408, 425, 429})
# A gate between us and the service did not hear what came of it.
UNHEARD_BY_THE_GATE = frozenset({502, 504, 520, 524})
REFUSED_WHOLE = frozenset({400, 413, 422})  # one bad message may be to blame
# Postmark's codes about us: the token, maintenance, the sender, credits, the account, the rate.
POSTMARK_LATER = frozenset({10, 100, 400, 401, 405, 412, 413, 429})
POSTMARK_INACTIVE = 406

RETRY_AT_MOST = 3600.0  # seconds
READ_AT_MOST, DETAIL_AT_MOST, ID_AT_MOST = 5000, 500, 255  # characters
_LETTER = r"""[^\s@<>()\[\]{}'",;:\\]"""
ADDRESS = re.compile(rf"{_LETTER}+@(?:\.*(?!\.){_LETTER})+")
STATUSES = {
    "sent": Fate.ACCEPTED,
    "queued": Fate.ACCEPTED,
    "rejected": Fate.NEVER,
    "invalid": Fate.NEVER,
    "failed": Fate.NEVER,
}


def accepted(provider_id: object) -> Result:
    return Result(Fate.ACCEPTED, "" if provider_id is None else str(provider_id)[:ID_AT_MOST])


def fate_of(error: Exception) -> Fate:
    """Decide from an error whether the message was taken; only a clear no is a no.

    5xx and a few others are "not now", other 4xx "no"; an answer that cannot be read says
    nothing, nor does silence, unless nobody was there to listen.
    """
    match error:
        case AnymailAPIError() if is_under_way(error):
            return Fate.UNKNOWN
        case AnymailAPIError() if status := status_of(error):
            return Fate.LATER if _speaks_of_us(error) else fate_of_status(status)
        case AnymailAPIError():
            return Fate.LATER if is_unheard(error) else Fate.UNKNOWN
        case OSError():
            return Fate.UNKNOWN
        case _:
            return Fate.NEVER  # the message could not be built


def fate_of_status(status: int) -> Fate:
    if status in UNHEARD_BY_THE_GATE:
        return Fate.UNKNOWN
    if status in LATER or status >= 500:
        return Fate.LATER
    return Fate.NEVER if status >= 400 else Fate.UNKNOWN


def fate_of_postmark(code: int, said: str) -> Fate:
    """What an ErrorCode other than 0 means."""
    if code in POSTMARK_LATER or code >= 500 or "'From'" in said:
        return Fate.LATER
    return Fate.NEVER


def result_of(error: Exception, *, recipients: Iterable[str], now: datetime) -> Result:
    fate = fate_of(error)
    wait = retry_after(error, now=now) if fate in {Fate.LATER, Fate.UNKNOWN} else None
    return Result(fate, detail_of(error, recipients=recipients), wait)


def detail_of(error: Exception, *, recipients: Iterable[str]) -> str:
    """What went wrong, in at most 500 characters, without anybody's address.

    It is stored and logged, and must not know a reader who was erased since.
    """
    return f"{type(error).__name__}: {anonymous(str(error), recipients)}"[:DETAIL_AT_MOST]


def anonymous(said: str, recipients: Iterable[str]) -> str:
    said = said[:READ_AT_MOST]
    for recipient in recipients:
        address = re.escape(parseaddr(recipient)[1] or recipient)
        said = re.sub(address, "[address]", said, flags=re.IGNORECASE)
    return ADDRESS.sub("[address]", said)


def is_unheard(error: BaseException) -> bool:
    """Whether nothing can have reached the service; requests says so two levels down."""
    cause = error.__cause__
    if isinstance(cause, InvalidURL | InvalidSchema | MissingSchema | InvalidHeader):
        return True
    failure = cause.args[0] if cause is not None and cause.args else None
    reason = getattr(failure, "reason", None)
    if isinstance(reason, ProxyError):
        reason = reason.original_error
    if isinstance(reason, SSLError):
        return bool(reason.args) and isinstance(reason.args[0], SSLCertVerificationError)
    return isinstance(reason, ConnectTimeoutError)


def is_repeat(error: Exception) -> bool:
    """Whether the service took a call with this idempotency key before.

    Resend: 409 invalid_idempotent_request, the key was used with other content.
    Brevo: 400 duplicate_parameter, the key was used in the last 30 minutes.
    """
    said = json_of(error)
    return (status_of(error), said.get("name", said.get("code"))) in {
        (409, "invalid_idempotent_request"),
        (400, "duplicate_parameter"),
    }


def is_under_way(error: Exception) -> bool:
    """Whether the service is still busy with an earlier call with this key (Resend)."""
    name = json_of(error).get("name")
    return status_of(error) == 409 and name == "concurrent_idempotent_requests"


def status_of(error: Exception) -> int | None:
    """The HTTP status of the answer, if there was one; Amazon's library keeps its own."""
    answer: object = getattr(error, "response", None)
    if isinstance(answer, Mapping):
        return cast(int | None, answer.get("ResponseMetadata", {}).get("HTTPStatusCode"))
    return cast(int | None, getattr(error, "status_code", None))


def retry_after(error: Exception, *, now: datetime) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", {})
    return seconds_of(headers.get("Retry-After", ""), now=now)


def seconds_of(value: str, *, now: datetime) -> float | None:
    """Read Retry-After (RFC 9110 10.2.3): seconds or a date; 0 to 3600, None if unreadable."""
    if re.fullmatch(r"\d{1,18}(\.\d{0,9})?", value := value.strip(), re.ASCII):
        return min(float(value), RETRY_AT_MOST)
    try:
        then = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if then.tzinfo is None:  # "-0000"
        then = then.replace(tzinfo=UTC)
    return min(max((then - now).total_seconds(), 0.0), RETRY_AT_MOST)


def json_of(error: Exception) -> Mapping[str, object]:
    """The answer's JSON object; empty if it is something else."""
    try:
        said = error.response.json()  # type: ignore[attr-defined]
    except (AttributeError, JSONDecodeError, UnicodeDecodeError):
        return {}
    return said if isinstance(said, dict) else {}


def _speaks_of_us(error: Exception) -> bool:
    """Postmark answers 422 to everything, and says more in its own code."""
    match json_of(error):
        case {"ErrorCode": int(code), "Message": str(said)} if status_of(error) == 422:
            return fate_of_postmark(code, said) is Fate.LATER
        case _:
            return False
