"""Where mail services post what became of a mail: believed or not, kept, and answered at once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsletter import dialects, inbox, received, tasks
from newsletter.dialects import NoPassword, Post, Unauthentic
from papers.text import clean
from subscriptions import limits

logger = logging.getLogger(__name__)

SIZE_LIMIT = 5_000_000  # bytes
FALSE_POSTS_AN_HOUR = 600  # from one network; more are told to wait


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def hook(request: HttpRequest, service: str) -> HttpResponse:
    """Keep what was posted, and read it later: whatever it is, it cannot make this fail.

    Services ask by HEAD whether there is such a page.  An answer of 5xx means that the
    database did not take it, and the service posts it again.
    """
    if service not in settings.WEBHOOK_SERVICES or service not in dialects.VIEWS:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    at = now()
    try:
        body = _authentic_body(request, service)
    except Unauthentic as error:
        return _refuse(request, error, at=at)
    if body is None:
        return HttpResponse(status=413)
    if inbox.keep(_post(request, service, body=body, at=at)):
        tasks.ring_inbox()
    return HttpResponse()


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def mail(request: HttpRequest, service: str) -> HttpResponse:
    """A service hands on what somebody wrote to the mailbox for leaving; nothing of it is kept."""
    if service not in settings.WEBHOOK_SERVICES or service not in received.VIEWS:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    at = now()
    try:
        body = _authentic_body(request, service, received.VIEWS)
    except Unauthentic as error:
        return _refuse(request, error, at=at)
    if body is None:
        return HttpResponse(status=413)
    received.read(service, request.META, body, at=at)
    return HttpResponse()


def _authentic_body(
    request: HttpRequest, service: str, views: dialects.Views = dialects.VIEWS
) -> bytes | None:
    """What was posted; None if it is too long.  Raises `Unauthentic`."""
    dialects.check_password(request.headers.get("Authorization", ""))  # before reading anything
    try:
        body = request.read(SIZE_LIMIT + 1)
    except UnreadablePostError as error:
        raise Unauthentic("the connection broke") from error
    if len(body) > SIZE_LIMIT:
        return None
    dialects.authenticate(service, request.META, body, views=views)
    return body


def _refuse(request: HttpRequest, error: Unauthentic, *, at: datetime) -> HttpResponse:
    bucket = f"hook:{limits.network(limits.address_of(request))}"
    if not limits.allow(bucket, limit=FALSE_POSTS_AN_HOUR, span=timedelta(hours=1), at=at):
        return HttpResponse(status=429, headers={"Retry-After": "3600"})
    logger.warning("a webhook was not believed: %s", str(error) or type(error).__name__)
    if isinstance(error, NoPassword):
        challenge = {"WWW-Authenticate": 'Basic realm="webhooks"'}  # some wait for it
        return HttpResponse(status=401, headers=challenge)
    return HttpResponse(status=403)


def _post(request: HttpRequest, service: str, *, body: bytes, at: datetime) -> Post:
    headers = {
        name: clean(request.headers[name], limit=200)
        for name in dialects.KEPT_HEADERS
        if name in request.headers
    }
    content_type = clean(request.META.get("CONTENT_TYPE", ""), limit=300)
    return Post(service, body, content_type, headers, at)
