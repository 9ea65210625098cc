"""One event of a mail service, normalised: what can be stored, and nothing personal.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from anymail.signals import AnymailTrackingEvent

from papers.text import clean
from subscriptions.bounces import Kind, Told, kind_of

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


def normalise(event: AnymailTrackingEvent, service: str, *, received_at: datetime) -> Happening:
    """Return what the event says.  Raises whatever an odd event makes Anymail's fields do."""
    recipient = _text(event.recipient, limit=254)
    reply = _reply(event)
    message_id = _text(event.message_id, limit=255)
    return Happening(
        key=_key(event, service, recipient),
        provider=service,
        kind=int(_kind(event, reply)),
        entry=_entry(event, message_id),
        message_id=message_id,
        recipient=recipient,
        at=_moment(event.timestamp, received_at=received_at),
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
