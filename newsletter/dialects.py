"""The mail services whose webhooks we understand: is one authentic, and what does it say?

Anymail knows how each of them signs and speaks.  What it raises is no concern of the one
who posted: he gets a plain answer, and what cannot be read later is kept for a person.
"""

from __future__ import annotations

import json
import warnings
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from io import BytesIO
from typing import Any

from anymail.exceptions import AnymailError
from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailersend import MailerSendTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.mailtrap import MailtrapTrackingWebhookView
from anymail.webhooks.mandrill import MandrillCombinedWebhookView
from anymail.webhooks.postal import PostalTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from anymail.webhooks.unisender_go import UnisenderGoTrackingWebhookView
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest

from newsletter.happenings import Happening, normalise

Views = Mapping[str, type[AnymailBaseWebhookView]]
VIEWS: Views = {
    "amazon_ses": AmazonSESTrackingWebhookView,
    "brevo": BrevoTrackingWebhookView,
    "mailersend": MailerSendTrackingWebhookView,
    "mailgun": MailgunTrackingWebhookView,
    "mailjet": MailjetTrackingWebhookView,
    "mailtrap": MailtrapTrackingWebhookView,
    "mandrill": MandrillCombinedWebhookView,
    "postal": PostalTrackingWebhookView,
    "postmark": PostmarkTrackingWebhookView,
    "resend": ResendTrackingWebhookView,
    "sendgrid": SendGridTrackingWebhookView,
    "sparkpost": SparkPostTrackingWebhookView,
    "unisender_go": UnisenderGoTrackingWebhookView,
}
# A stranger's topic must not make us call a server: a person confirms it.
OPTIONS: Mapping[str, dict[str, object]] = {"amazon_ses": {"auto_confirm_sns_subscriptions": False}}
KEPT_HEADERS = ("svix-id",)  # those that a parser reads


class Unauthentic(Exception):
    """It cannot be shown that the mail service posted this."""


class NoPassword(Unauthentic):
    """It came without the user and password that the service was given."""


class Unreadable(Exception):
    """Nobody knows what this says."""


@dataclass(frozen=True, slots=True)
class Post:
    """What was posted: all that is needed to read it again."""

    service: str
    body: bytes
    content_type: str
    headers: Mapping[str, str]
    received_at: datetime


class Rebuilt(WSGIRequest):
    """A request with this body, whatever its size: it was bounded when it came."""

    def __init__(self, environ: Mapping[str, Any], body: bytes) -> None:
        stream = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        super().__init__({**environ, **stream})
        self._body = body


def authenticate(
    service: str, environ: Mapping[str, Any], body: bytes, *, views: Views = VIEWS
) -> None:
    """Raise `Unauthentic` unless the service's signature, if it has one, fits.

    `check_password` was asked before; at least one of both must be configured.
    """
    try:
        is_guarded = _validate(view_of(service, views), environ, body)
    except Exception as error:
        # Validators parse what a stranger wrote, and raise whatever that makes them raise.
        raise Unauthentic(type(error).__name__) from error
    if not is_guarded:
        raise Unauthentic("neither a password nor a signature is configured")


def _validate(view: AnymailBaseWebhookView, environ: Mapping[str, Any], body: bytes) -> bool:
    """Ask Anymail, which raises if it does not believe; False if it has nothing to go by."""
    view.run_validators(Rebuilt(environ, body))
    return bool(view.basic_auth or not view.warn_if_no_basic_auth)


def check_password(authorization: str) -> None:
    """Raise `NoPassword` unless the header has one of Anymail's WEBHOOK_SECRET, if there is any.

    Each is "user:password"; several allow for a rotation.  All are compared, in constant time.
    """
    setting = settings.ANYMAIL.get("WEBHOOK_SECRET") or []
    secrets = [secret for secret in ([setting] if isinstance(setting, str) else setting) if secret]
    given = b""
    match authorization.split():
        case [kind, encoded] if kind.lower() == "basic":
            with suppress(ValueError):
                given = b64decode(encoded, validate=True)
    fits = [compare_digest(given, secret.encode()) for secret in secrets]
    if secrets and not any(fits):
        raise NoPassword


def read(post: Post) -> tuple[list[Happening], list[bytes]]:
    """Return what happened, and what of a list of events could not be read, event by event.

    Raises:
        Unreadable: nothing of it could be read.
    """
    try:
        return _happenings(post, post.body), []
    except Unreadable:
        parts = _parts(post.body)
        if len(parts) < 2:
            raise
    found: list[Happening] = []
    dead: list[bytes] = []
    for part in parts:
        try:
            found += _happenings(post, part)
        except Unreadable:
            dead.append(part)
    return found, dead


def view_of(service: str, views: Views = VIEWS) -> AnymailBaseWebhookView:
    """Anymail's view of a service: it signs and speaks as that does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of missing passwords: `authenticate` refuses those
        return views[service](**OPTIONS.get(service, {}))


def _happenings(post: Post, body: bytes) -> list[Happening]:
    try:
        return [
            normalise(event, post.service, received_at=post.received_at)
            for event in _events(post, body)
        ]
    except AnymailError as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    except Exception as error:
        # The parsers take the shape of what they read for granted: any error can come of it.
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def _events(post: Post, body: bytes) -> list[AnymailTrackingEvent]:
    named = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in post.headers.items()}
    environ = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": post.content_type, **named}
    events = view_of(post.service).parse_events(Rebuilt(environ, body))
    if not events and b'"SubscriptionConfirmation"' in body:
        raise Unreadable("a person must confirm this subscription, by its SubscribeURL")
    return list(events)


def _parts(body: bytes) -> list[bytes]:
    """The events of a body that is a JSON list, or has one as "events"; each as a body."""
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if isinstance(whole, dict) and isinstance(whole.get("events"), list):
        return [json.dumps({**whole, "events": [one]}).encode() for one in whole["events"]]
    return [json.dumps([one]).encode() for one in whole] if isinstance(whole, list) else []
