"""Whoever guesses passwords is locked out by the address that he comes from."""

from __future__ import annotations

from datetime import datetime

from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.http import HttpRequest

from subscriptions import limits


def client_address(request: HttpRequest) -> str:
    """The address of the one who asks, as everywhere else: forwarded headers may lie."""
    return limits.client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.headers.get("X-Forwarded-For", ""),
        proxies=settings.PROXY_COUNT,
    )


def forget(*, before: datetime) -> None:
    """Delete who signed in, or failed to, before that moment."""
    for model in (AccessAttempt, AccessLog):
        model.objects.filter(attempt_time__lt=before).delete()
