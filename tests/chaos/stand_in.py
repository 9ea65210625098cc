"""Loaded into workers until the product writes mails as `Outgoing`: a mail that is nearly empty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anymail.message import AnymailMessage

from newsletter import compose
from newsletter.models import Delivery
from subscriptions.models import Subscriber
from subscriptions.outbox import NotToBeSent


@dataclass
class Plain:
    entry_id: int
    key: str
    recipient: str
    sender: str = "digest@news.example.org"

    def wire(self) -> bytes:
        head = f"Message-ID: <{self.key}@news.example.org>\r\nTo: {self.recipient}\r\n\r\n"
        return head.encode() + b"text\r\n" * 300

    def message(self) -> AnymailMessage:
        return AnymailMessage(
            "subject",
            "text" * 300,
            self.sender,
            [self.recipient],
            metadata={"entry": self.key},
            headers={"Message-ID": f"<{self.key}@news.example.org>"},
        )


def compose_all(deliveries: Sequence[Delivery]) -> Callable[[Delivery], Plain]:
    ids = {delivery.subscriber_id for delivery in deliveries}
    rows = Subscriber.objects.filter(pk__in=ids).values_list("pk", "email", "state")
    readers = {pk: (email, state) for pk, email, state in rows}

    def write(delivery: Delivery) -> Plain:
        email, state = readers[delivery.subscriber_id]
        if state != "confirmed":
            raise NotToBeSent(f"the reader is {state}")
        return Plain(delivery.pk, str(delivery.public_id), email)

    return write


compose.compose_all = compose_all
