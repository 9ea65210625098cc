"""The one way to fetch from a paper source: polite, bounded, and never redirected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import httpcore2
import httpx2
import stamina
from django.conf import settings

from papers.models import Page
from papers.sources import PageRead, SourceError
from papers.sources.web import addresses, answers, hosts, turns
from papers.sources.web.addresses import Destination
from papers.sources.web.answers import Answer, AnswerError, Busy
from papers.sources.web.line import Deadline, Line, certificates

__all__ = ["TOTAL_SECONDS", "Answer", "AnswerError", "get"]

TOTAL_SECONDS = 20.0  # for one try, from connecting to the last byte
TIMEOUTS = {"connect": 5.0, "write": 5.0, "pool": 5.0}  # of silence
FAILURES = (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError)


def get(
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    if_changed: bool = False,
    seconds: float = TOTAL_SECONDS,
) -> Answer:
    """Fetch one address when it is our turn, trying three times while the service is busy.

    A service that says "too many requests" is not tried again but left alone: by everybody,
    for ten minutes or more.

    Args:
        if_changed: say which version is stored; the answer then may be `is_unchanged` and
            have no body.  The source must yield `answer.page` after the page's records.
        seconds: for one try; half of it may pass before the service says anything.

    Raises:
        AnswerError: for a status other than 200.
        SourceError: for everything else; `temporary` if a later try may work.
    """
    destination = addresses.destination(url, params=params)
    known = _known(destination) if if_changed else None
    return _patiently(_ask_in_turn, destination, known, seconds)


def _known(destination: Destination) -> PageRead | None:
    page = Page.objects.filter(url=str(destination.url)).first()
    if page is None:
        return None
    return PageRead(
        page.url, page.etag, page.last_modified, next_url=page.next_url, is_unchanged=True
    )


def _is_worth_a_retry(error: Exception) -> bool | float:
    return isinstance(error, Busy) and not error.is_enough and (error.wait or True)


_patiently = stamina.RetryingCaller(
    attempts=3, timeout=None, wait_initial=3.0, wait_max=15.0, wait_jitter=1.0
).on(_is_worth_a_retry)


def _ask_in_turn(destination: Destination, known: PageRead | None, seconds: float) -> Answer:
    hosts.check(destination.host, at=datetime.now(UTC))
    with turns.taken(destination.manner):
        hosts.check(destination.host, at=datetime.now(UTC))  # somebody may have heard it meanwhile
        try:
            answer = _ask(destination, known, seconds)
        except Busy as error:
            if error.is_enough:
                hosts.leave_alone(destination.host, error, at=datetime.now(UTC))
            raise
        hosts.is_well(destination.host)
        return answer


def _ask(destination: Destination, known: PageRead | None, seconds: float) -> Answer:
    url = destination.url
    line = Line(Deadline(seconds, what=str(url)), is_local=destination.is_local)
    timeouts = {**TIMEOUTS, "read": seconds / 2}
    try:
        with (
            httpcore2.ConnectionPool(certificates(), network_backend=line) as pool,
            pool.stream(
                "GET", str(url), headers=_headers(url, known), extensions={"timeout": timeouts}
            ) as response,
        ):
            head = httpx2.Response(
                response.status, headers=response.headers, extensions=response.extensions
            )
            body = answers.read(url, head.headers, response.iter_stream())
    except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
        raise Busy(f"{url.host} cannot be reached: {error}") from error
    except FAILURES as error:
        what = str(error) or type(error).__name__
        raise SourceError(f"{url.host} broke off: {what}", temporary=True) from error
    now = datetime.now(UTC)
    return answers.judge(head, body, url=url, known=known, now=now)


def _headers(url: httpx2.URL, known: PageRead | None) -> list[tuple[bytes | str, bytes | str]]:
    headers = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": f"newsletter (+{settings.SITE_URL})",
        "Accept-Encoding": "gzip",
        "If-None-Match": known.etag if known else "",
        "If-Modified-Since": known.last_modified if known else "",
    }
    return [(name, value) for name, value in headers.items() if value]
