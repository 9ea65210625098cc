"""Events as services post them, typed by hand."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import date, timedelta
from uuid import uuid4

from newsletter import events
from newsletter.dialects import Post
from newsletter.happenings import Happening
from newsletter.models import Delivery, Event, Issue
from subscriptions.bounces import Kind
from subscriptions.models import Subscriber, Suppression
from subscriptions.verdicts import State
from tests.conftest import MOMENT

SECRET = "hook:a-secret-of-many-letters"
BASIC = "Basic " + b64encode(SECRET.encode()).decode()
MINUTE = timedelta(minutes=1)


def mail_to(reader, *, on=date(2026, 3, 17), **fields) -> Delivery:
    """The delivery of a day's issue to a reader."""
    found = {"opened_at": MOMENT, "state": Issue.State.OPEN}
    issue = Issue.objects.get_or_create(cadence="daily", on=on, defaults=found)[0]
    fields = {"state": State.ACCEPTED, "lane": "other", **fields}
    return Delivery.objects.create(issue=issue, subscriber=reader, **fields)


def happening(delivery, kind=Kind.DELIVERED, *, minutes=1, **fields) -> Happening:
    found = {
        "key": uuid4().hex, "provider": "sendgrid", "kind": int(kind),
        "entry": delivery.public_id.hex, "message_id": "",
        "recipient": delivery.subscriber.email, "at": MOMENT + minutes * MINUTE, "reply": "",
    }  # fmt: skip
    return Happening(**{**found, **fields})


def tell(*happenings) -> int:
    return events.apply(happenings, at=MOMENT)


def sendgrid(delivery, event="delivered", *, number=1, **fields) -> dict:
    """One event of the list that SendGrid posts."""
    return {
        "email": delivery.subscriber.email, "event": event, "sg_event_id": f"event-{number}",
        "timestamp": int(MOMENT.timestamp()) + number, "entry": delivery.public_id.hex, **fields,
    }  # fmt: skip


def postmark(delivery, kind="Delivery", **fields) -> dict:
    return {
        "RecordType": kind, "MessageID": "11111111-2222", "Recipient": delivery.subscriber.email,
        "DeliveredAt": "2026-03-17T12:01:00Z", "Metadata": {"entry": delivery.public_id.hex},
        **fields,
    }  # fmt: skip


def posted(content, service="sendgrid", **fields) -> Post:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    found = {"content_type": "application/json", "headers": {}, "received_at": MOMENT}
    return Post(service, body, **{**found, **fields})


def state() -> tuple:
    """All that events can change about readers and mails."""
    readers = Subscriber.objects.order_by("pk").values_list("pk", "state", "bounce_score")
    told = Event.objects.order_by("key").values_list("key", "kind", "entry", "issue", "is_ours")
    hashes = Suppression.objects.order_by("address_hash").values_list("address_hash")
    return list(readers), list(told), list(hashes)


def bounced(reader) -> str:
    reader.refresh_from_db()
    return reader.state
