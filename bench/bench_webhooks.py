"""Events per second: raw bodies in memory, read by Anymail's parsers, stored and applied.

`bench_webhooks.py [EVENTS]`, on SQLite, or on the server of DATABASE_URL in a database of
its own.  The events are told once, then twice more, shuffled and in bodies of other sizes;
afterwards the state is the same, or this fails.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import django

from bench import figures

FOLDER = tempfile.TemporaryDirectory(prefix="nl-")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{FOLDER.name}/db.sqlite3")
os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.config.settings"

django.setup()

# ruff: noqa: E402  # the path, then the settings, then the models
from django.db import connection

from newsletter import dialects, events, inbox
from newsletter.dialects import Post
from newsletter.models import Delivery, Event, Issue, Webhook
from subscriptions.models import Subscriber, Suppression
from subscriptions.verdicts import State

NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)
SIZES = [(100, 1000), (1, 300), (500, 3000)]  # events in one body, for each pass
REPLY = "250 2.0.0 OK  1773748800 a1-20020a05620a0f8100b00767e1d1a2b3si1234567qkn.456 - gsmtp"
# Of 1,000 mails: what is told of them besides "processed" and "delivered".
TROUBLE = [
    *[("deferred", {"response": "451 4.2.1 try again later"})] * 30,
    *[("bounce", {"status": "5.1.1", "reason": "550 5.1.1 user unknown", "type": "bounce"})] * 5,
    *[("bounce", {"status": "4.2.2", "reason": "452 4.2.2 mailbox full", "type": "bounce"})] * 8,
    *[("bounce", {"status": "5.7.1", "reason": "550 5.7.1 blocked", "type": "blocked"})] * 3,
    *[("spamreport", {})] * 1,
    *[("unsubscribe", {})] * 2,
]


def fill(mails: int) -> None:
    """An issue whose `mails` were all accepted, but for one in a thousand in doubt."""
    issue = Issue.objects.create(cadence="daily", on=date(2026, 3, 17), opened_at=NOW)
    for start in range(0, mails, 10_000):
        numbers = range(start, min(start + 10_000, mails))
        readers = Subscriber.objects.bulk_create(
            Subscriber(email=f"reader{n}@example.org", state="confirmed", state_changed_at=NOW)
            for n in numbers
        )  # fmt: skip
        Delivery.objects.bulk_create(
            Delivery(
                issue=issue, subscriber=reader, provider_id="250 OK", lane="other",
                state=State.ACCEPTED if n % 1000 else State.UNCERTAIN,
            )
            for n, reader in zip(numbers, readers, strict=True)
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def tell(count: int) -> list[bytes]:
    """Return `count` events, each as JSON, about half as many mails."""
    dice = random.Random(7)  # noqa: S311
    rows = Delivery.objects.order_by("pk").values_list("public_id", "subscriber__email")
    told: list[bytes] = []
    for public_id, email in rows.iterator(chunk_size=10_000):
        kinds = [("processed", {}), ("delivered", {"response": REPLY})]
        if (number := dice.randrange(1000)) < len(TROUBLE):
            kinds[1:] = [TROUBLE[number]]
        for kind, more in kinds:
            told.append(_event(len(told), kind, email, public_id.hex, more))
    return told[:count]


def _event(number: int, kind: str, email: str, entry: str, more: dict[str, str]) -> bytes:
    at = NOW + timedelta(seconds=60 + number // 1000)
    event = {
        "email": email, "timestamp": int(at.timestamp()), "smtp-id": f"<{entry}@example.org>",
        "event": kind, "category": ["digest"], "sg_event_id": secrets.token_urlsafe(16),
        "sg_message_id": f"{entry}.filter0001.123.4", "ip": "192.0.2.25", "entry": entry, **more,
    }  # fmt: skip
    return json.dumps(event).encode()


def bodies(told: Sequence[bytes], sizes: tuple[int, int], *, seed: int) -> list[bytes]:
    dice = random.Random(seed)  # noqa: S311
    made = []
    at = 0
    while at < len(told):
        size = dice.randint(*sizes)
        made.append(b"[" + b",".join(told[at : at + size]) + b"]")
        at += size
    return made


def batches(found: Sequence[bytes]) -> Iterator[list[Post]]:
    """As the inbox takes them: bodies of some 2 MB together."""
    batch: list[Post] = []
    size = 0
    for body in found:
        if batch and size + len(body) > inbox.BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(Post("sendgrid", body, "application/json", {}, NOW))
        size += len(body)
    yield batch


def one_pass(found: Sequence[bytes]) -> tuple[float, float]:
    """Return the seconds of reading, and those of storing and applying."""
    reading = applying = 0.0
    for batch in batches(found):
        began = time.perf_counter()
        happenings = [told for post in batch for told in dialects.read(post)[0]]
        read = time.perf_counter()
        events.apply(happenings, at=NOW)
        reading, applying = reading + read - began, applying + time.perf_counter() - read
    return reading, applying


def through_the_inbox(found: Sequence[bytes]) -> float:
    """Seconds from rows of the inbox, kept before, to nothing left in it."""
    rows = [
        Webhook(service="sendgrid", received_at=NOW, body=body, size=len(body)) for body in found
    ]
    Webhook.objects.bulk_create(rows, batch_size=16)
    began = time.perf_counter()
    inbox.read_all(seconds=3600)
    if Webhook.objects.exists():
        sys.exit("the inbox is not empty")
    return time.perf_counter() - began


def state() -> str:
    """A hash of all that events can change."""
    found = hashlib.sha256()
    for rows in (
        Event.objects.order_by("key").values_list("key", "kind", "entry", "issue", "is_ours", "at"),
        Subscriber.objects.order_by("pk").values_list("pk", "state", "bounce_score", "bounced_at"),
        Suppression.objects.order_by("address_hash").values_list("address_hash"),
        Delivery.objects.order_by("pk").values_list("pk", "state"),
    ):
        for row in rows.iterator(chunk_size=10_000):
            found.update(repr(row).encode())
    return found.hexdigest()[:16]


def main(count: int) -> None:
    machine = figures.machine()
    is_file = connection.vendor == "sqlite"
    name = f"{FOLDER.name}/test.sqlite3" if is_file else f"bench_{os.getpid()}"
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0)
    fill(count // 2)
    told = tell(count)
    lines: dict[str, list[float]] = {}
    hashes = []
    for number, sizes in enumerate(SIZES, 1):
        found = bodies(told, sizes, seed=number)
        reading, applying = one_pass(found)
        hashes.append(state())
        rates = {
            "read": len(told) / reading,
            "store and apply": len(told) / applying,
            "both": len(told) / (reading + applying),
        }
        lines.update({f"pass {number}, {name}": [rate] for name, rate in rates.items()})
        said = ", ".join(f"{name} {rate:,.0f}/s" for name, rate in rates.items())
        sys.stdout.write(f"pass {number}: {len(found)} bodies, {said}, state {hashes[-1]}\n")
        sys.stdout.flush()
        random.Random(number).shuffle(told)  # noqa: S311
    lines["pass 4, from the inbox"] = [
        len(told) / through_the_inbox(bodies(told, (100, 1000), seed=4))
    ]
    hashes.append(state())
    title = f"{machine}, {connection.vendor}, {len(told)} events a second"
    figures.show(title, lines)
    sys.stdout.write(f"hashes: {' '.join(hashes)}\n")
    connection.creation.destroy_test_db(name, verbosity=0)
    if len(set(hashes)) != 1:
        sys.exit("the state differs")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
