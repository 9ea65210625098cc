"""What an editor or operator does by hand: look at a digest, test it, settle what is in doubt."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime

from anymail.message import AnymailMessage

from newsletter import compose, issues
from newsletter.matching import Reader
from newsletter.models import Delivery
from papers.models import Topic
from subscriptions.mail import domain
from subscriptions.models import Subscriber
from subscriptions.outbox import NotToBeSent
from subscriptions.transport import Fate, Result, Transport, Unreachable

# A previewed mail may look as in a mail program, and can do nothing.
PREVIEW_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def draft(topics: Collection[Topic], *, cadence: str, length: int, at: datetime) -> Delivery:
    """Return the digest that somebody with these preferences would get; nothing is stored."""
    wishes = Reader(0, {topic.pk: 1.0 for topic in topics}, length)
    return issues.draft(stranger(cadence=cadence), wishes, at=at)


def stranger(*, cadence: str) -> Subscriber:
    """Nobody: a reader who is not stored, so that the links of a preview change nothing."""
    return Subscriber(email="reader@example.org", public_id=uuid.uuid4(), cadence=cadence)


def message(delivery: Delivery) -> AnymailMessage:
    """Compose a delivery with the links of nobody, for other eyes than the reader's."""
    anonymous = Delivery(issue=delivery.issue, packed_picks=delivery.packed_picks)
    return compose.preview(anonymous, stranger(cadence=delivery.issue.cadence)).message()


def send_tests(deliveries: Iterable[Delivery], *, to: str) -> list[Result]:
    """Send these digests to a member of staff, outside the ledger."""
    with Transport() as transport:
        return [_send_test(delivery, transport, to=to) for delivery in deliveries]


def _send_test(delivery: Delivery, transport: Transport, *, to: str) -> Result:
    try:
        mail = message(delivery)
        transport.open()
    except NotToBeSent as reason:
        return Result(Fate.NEVER, str(reason))
    except Unreachable as error:
        return Result(Fate.LATER, str(error))

    mail.to, mail.subject = [to], f"[Test] {mail.subject}"
    mail.extra_headers["Message-ID"] = f"<test-{uuid.uuid4()}@{domain()}>"
    mail.metadata = {}  # or a bounce of the test would be taken for the reader's
    return transport.send(mail)
