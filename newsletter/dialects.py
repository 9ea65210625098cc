"""The mail services whose webhooks we understand: is one authentic, and what does it say?

Anymail knows how each of them signs and speaks.  What it raises is no concern of the one
who posted: he gets a plain answer, and what cannot be read later is kept for a person.
"""

from __future__ import annotations

import json
import re
import warnings
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from hmac import compare_digest
from io import BytesIO
from typing import Any, NamedTuple
from uuid import UUID

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

from papers.text import clean
from subscriptions.bounces import Kind, Told, kind_of

VIEWS: Mapping[str, type[AnymailBaseWebhookView]] = {
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
SHARED_IDS = {"amazon_ses"}  # whose event id is the same for all recipients of a mail
# Where a service says in its own words what kind of bounce it was.
MARKS = (
    *("event", "event_type", "type", "Type", "subType", "status", "severity", "reason", "blocked"),
    *("hard_bounce", "bounceType", "bounceSubType", "bounce_category", "SuppressionReason"),
)
REPLY_LIMIT = 500  # as Event.reply
EARLIEST, LATEST = timedelta(days=60), timedelta(days=1)  # from when it came; else it is wrong
_ADDRESS = re.compile(r"[^\s<>\"'():;,]+@[^\s<>\"'():;,]+")
_ENTRY = re.compile(r"[0-9a-f]{32}")
_OUR_MESSAGE_ID = re.compile(r"<?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@", re.IGNORECASE)


class Unauthentic(Exception):
    """It cannot be shown that the mail service posted this."""


class NoPassword(Unauthentic):
    """It came without the user and password that the service was given."""


class Unreadable(Exception):
    """Nobody knows what this says."""


class Happening(NamedTuple):
    """An event, normalised: every text is one line that a database takes."""

    key: str  # 32 hex digits: the same whenever the same event is told
    provider: str
    kind: int  # a subscriptions.bounces.Kind
    entry: str  # 32 hex digits, or empty if the service does not return ours
    message_id: str  # the service's own
    recipient: str  # an address, or empty
    at: datetime
    reply: str  # without addresses


@dataclass(frozen=True, slots=True)
class Post:
    """What was posted: all that is needed to read it again."""

    service: str
    body: bytes
    content_type: str
    headers: Mapping[str, str]
    received_at: datetime


class _Request(WSGIRequest):
    """A request with this body, whatever its size: it was bounded when it came."""

    def __init__(self, environ: Mapping[str, Any], body: bytes) -> None:
        stream = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        super().__init__({**environ, **stream})
        self._body = body


def authenticate(service: str, environ: Mapping[str, Any], body: bytes) -> None:
    """Raise `Unauthentic` unless the service's signature, if it has one, fits.

    `check_password` was asked before; at least one of both must be configured.
    """
    try:
        is_guarded = _validate(service, environ, body)
    except Exception as error:
        # Validators parse what a stranger wrote, and raise whatever that makes them raise.
        raise Unauthentic(type(error).__name__) from error
    if not is_guarded:
        raise Unauthentic("neither a password nor a signature is configured")


def _validate(service: str, environ: Mapping[str, Any], body: bytes) -> bool:
    """Ask Anymail, which raises if it does not believe; False if it has nothing to go by."""
    view = _view(service)
    view.run_validators(_Request(environ, body))
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


def _view(service: str) -> AnymailBaseWebhookView:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of missing passwords: `authenticate` refuses those
        return VIEWS[service](**OPTIONS.get(service, {}))


def _happenings(post: Post, body: bytes) -> list[Happening]:
    try:
        return [_happening(event, post) for event in _events(post, body)]
    except AnymailError as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    except Exception as error:
        # The parsers take the shape of what they read for granted: any error can come of it.
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def _events(post: Post, body: bytes) -> list[AnymailTrackingEvent]:
    named = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in post.headers.items()}
    environ = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": post.content_type, **named}
    events = _view(post.service).parse_events(_Request(environ, body))
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


def _happening(event: AnymailTrackingEvent, post: Post) -> Happening:
    recipient = _text(event.recipient, limit=254)
    reply = _reply(event)
    message_id = _text(event.message_id, limit=255)
    return Happening(
        key=_key(event, post.service, recipient),
        provider=post.service,
        kind=int(_kind(event, reply)),
        entry=_entry(event, message_id),
        message_id=message_id,
        recipient=recipient,
        at=_moment(event.timestamp, received_at=post.received_at),
        reply=reply,
    )


def _kind(event: AnymailTrackingEvent, reply: str) -> Kind:
    is_trouble = event.event_type in {"bounced", "rejected"}
    marks = " ".join(_marks(event.esp_event)) if is_trouble else ""
    return kind_of(Told(str(event.event_type), event.reject_reason, reply, marks))


def _text(value: object, *, limit: int) -> str:
    """Whatever JSON had there, as text that a database takes."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    return clean(text[: 4 * limit], limit=limit)


def _reply(event: AnymailTrackingEvent) -> str:
    """What the receiving server answered, or the service says; no address is left in it."""
    said = " ".join(filter(None, [_part(event.mta_response), _part(event.description)]))
    if event.recipient and "@" in said:
        said = said.replace(str(event.recipient), "[address]")
    return _ADDRESS.sub("[address]", said)[:REPLY_LIMIT] if "@" in said else said[:REPLY_LIMIT]


def _part(value: object) -> str:
    return _text(value, limit=2 * REPLY_LIMIT)


def _marks(own: object, *, depth: int = 4) -> Iterator[str]:
    """The service's own names of it; most are strings, `hard_bounce` is true or false."""
    if not isinstance(own, Mapping) or not depth:
        return
    for name, value in own.items():
        if isinstance(value, Mapping):
            yield from _marks(value, depth=depth - 1)
        elif name in MARKS and isinstance(value, str):
            yield value[:60]
        elif name in MARKS and value is True:
            yield str(name)


def _key(event: AnymailTrackingEvent, service: str, recipient: str) -> str:
    """The event's id, hashed; without one, what it says, which is the same each time."""
    if event.event_id and service not in SHARED_IDS:
        own = f"{service}\0{event.event_id}"
    elif event.event_id:
        own = f"{service}\0{event.event_id}\0{recipient}"
    else:
        said = (event.event_type, event.message_id, recipient, event.timestamp, event.reject_reason)
        also = (event.mta_response, event.description, event.click_url, _metadata_entry(event))
        own = f"{service}\0\0{said!r}{also!r}"
    return blake2b(own.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _metadata_entry(event: AnymailTrackingEvent) -> str:
    metadata = event.metadata
    found = metadata.get("entry") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, str) else ""


def _entry(event: AnymailTrackingEvent, message_id: str) -> str:
    """Which mail of ours it is about: by the metadata that we gave, or by our Message-ID."""
    found = _metadata_entry(event)
    if _ENTRY.fullmatch(found):
        return found
    match = _OUR_MESSAGE_ID.match(message_id)
    return UUID(match[1]).hex if match else ""


def _moment(told: object, *, received_at: datetime) -> datetime:
    """When it happened, if the service says so and it can be."""
    if not isinstance(told, datetime):
        return received_at
    moment = told if told.tzinfo else told.replace(tzinfo=UTC)
    is_likely = received_at - EARLIEST <= moment <= received_at + LATEST
    return moment.astimezone(UTC) if is_likely else received_at
