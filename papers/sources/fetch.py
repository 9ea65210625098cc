"""The one way to fetch from a paper source: polite, bounded, and never redirected."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address

import httpx2
import stamina
from django.conf import settings

from papers.sources import SourceError

MOST_BYTES = 10_000_000  # after decompression
LONGEST_WAIT = 60.0  # seconds; a longer Retry-After is cut to this
TOTAL_SECONDS = 20.0  # for one try
TIMEOUT = httpx2.Timeout(10.0, connect=5.0)
BUSY = frozenset({429, 502, 503, 504})


class AnswerError(SourceError):
    """The service answered, but not with 200."""

    def __init__(self, message: str, *, temporary: bool, body: bytes) -> None:
        super().__init__(message, temporary=temporary)
        self.body = body


class _Busy(AnswerError):
    """Worth another try, after `wait` seconds if the service said so."""

    def __init__(self, message: str, *, body: bytes = b"", wait: float | None = None) -> None:
        super().__init__(message, temporary=True, body=body)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer with status 200."""

    body: bytes
    next_url: str = ""  # from the Link header; always on the same site


def get(url: str, *, params: Mapping[str, str] | None = None) -> Answer:
    """Fetch one address, trying three times while the service is busy.

    Raises:
        AnswerError: for a status other than 200.
        SourceError: for everything else; `temporary` if a later try may work.
    """
    try:
        address = httpx2.URL(url, params=params) if params else httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise SourceError(f"{url!r} is not an address: {error}") from error
    if address.scheme != "https" and not (address.scheme == "http" and _is_loopback(address)):
        raise SourceError(f"{url} is refused: only https is fetched")
    return _patiently(_ask, address)


def retry_after(value: str | None, *, now: datetime) -> float | None:
    """Read a Retry-After header: seconds to wait, 0 < s <= 60; None if it says nothing."""
    if not value:
        return None
    try:
        seconds = float(value) if value.isdecimal() else _until(value, now=now)
    except (ValueError, OverflowError):
        return None
    return min(seconds, LONGEST_WAIT) if seconds > 0 else None


def _until(date: str, *, now: datetime) -> float:
    moment = parsedate_to_datetime(date)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()


def _is_worth_a_retry(error: Exception) -> bool | float:
    return isinstance(error, _Busy) and (error.wait or True)


# The first wait is 3 seconds because arXiv allows one request in 3 seconds, retries included.
_patiently = stamina.RetryingCaller(
    attempts=3, timeout=None, wait_initial=3.0, wait_max=15.0, wait_jitter=1.0
).on(_is_worth_a_retry)


def _ask(address: httpx2.URL) -> Answer:
    agent = f"newsletter (+{settings.SITE_URL})"
    proxied = not _is_loopback(address)
    try:
        with (
            httpx2.Client(timeout=TIMEOUT, trust_env=proxied) as client,
            client.stream("GET", address, headers={"User-Agent": agent}) as response,
        ):
            return _answer(response, _body(response))
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise _Busy(f"{address.host} cannot be reached: {error}") from error
    except httpx2.RequestError as error:
        what = str(error) or type(error).__name__
        raise SourceError(f"{address.host} broke off: {what}", temporary=True) from error


def _body(response: httpx2.Response) -> bytes:
    deadline = time.monotonic() + TOTAL_SECONDS
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise SourceError(f"{response.url} sent more than {MOST_BYTES:,} bytes")
        if time.monotonic() > deadline:
            raise SourceError(f"{response.url} took over {TOTAL_SECONDS:g} s", temporary=True)
    return bytes(body)


def _answer(response: httpx2.Response, body: bytes) -> Answer:
    status = response.status_code
    if status == HTTPStatus.OK:
        return Answer(body, next_url=_next_url(response))

    message = f"{response.url} answered {status} {response.reason_phrase}".rstrip()
    if status in BUSY:
        wait = retry_after(response.headers.get("Retry-After"), now=datetime.now(UTC))
        raise _Busy(message, body=body, wait=wait)
    if response.is_redirect:
        message += f" to {response.headers.get('Location', '')[:200]!r}, which is not followed"
    raise AnswerError(message, temporary=status >= 500, body=body)


def _next_url(response: httpx2.Response) -> str:
    link = response.links.get("next", {}).get("url", "")
    if not link:
        return ""
    try:
        target = response.url.join(link)
    except httpx2.InvalidURL as error:
        raise SourceError(f"{response.url} links to {link[:200]!r} as its next page") from error
    here = response.url
    if (target.scheme, target.host, target.port) != (here.scheme, here.host, here.port):
        raise SourceError(f"{here} links to another site as its next page: {link[:200]!r}")
    return str(target)


def _is_loopback(address: httpx2.URL) -> bool:
    if address.host == "localhost":
        return True
    try:
        return ip_address(address.host).is_loopback
    except ValueError:
        return False
