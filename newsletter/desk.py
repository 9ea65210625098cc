"""What an editor or operator does by hand: look at a digest, test it, settle what is in doubt."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime

from anymail.message import AnymailMessage

from newsletter import compose, issues
from newsletter.matching.readers import Reader
from newsletter.models import Delivery
from papers.models import Topic
from subscriptions.composing import NotToBeSent
from subscriptions.mail import Built, domain
from subscriptions.models import Subscriber
from subscriptions.outgoing import Fate, Result
from subscriptions.transport import send_once

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
    return [_send_test(delivery, to=to) for delivery in deliveries]


def _send_test(delivery: Delivery, *, to: str) -> Result:
    try:
        test = message(delivery)
    except NotToBeSent as reason:
        return Result(Fate.NEVER, str(reason))

    public_id = uuid.uuid4()
    test.to, test.subject = [to], f"[Test] {test.subject}"
    test.extra_headers["Message-ID"] = f"<test-{public_id}@{domain()}>"
    test.metadata = {}  # or a bounce of the test would be taken for the reader's
    return send_once(Built.of(0, test))
