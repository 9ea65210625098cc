"""A message made ready for a mail service, and refused where it could do harm there."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import getaddresses

from anymail.message import AnymailMessage
from anymail.utils import UNSET

from subscriptions.esp.filling import PLAIN_ADDRESS
from subscriptions.esp.traits import Service
from subscriptions.outgoing import Outgoing


class Unfit(ValueError):
    """The message must not be handed over as it is."""


def ready(mail: Outgoing, service: Service) -> AnymailMessage:
    """Write the message in the form that the service likes; raise `Unfit`.

    Anymail hands line breaks in headers on to the service, and splits addresses at commas.
    """
    message = mail.message()
    for name, value in _header_fields(message):
        if not isinstance(value, str) or "\r" in value or "\n" in value:
            raise Unfit(f"the header {name!r} holds a line break, or no text")
    _expect_recipient(message.recipients(), mail.recipient)
    message.extra_headers = {
        name: value for name, value in message.extra_headers.items() if name not in service.drops
    } | dict(service.adds)
    if not service.has_metadata:
        message.metadata = UNSET
    return message


def _expect_recipient(addresses: list[str], expected: str) -> None:
    if addresses == [expected] and PLAIN_ADDRESS.fullmatch(expected):
        return  # parsing takes ten times as long
    found = [address for _, address in getaddresses(addresses)]
    if found != [expected]:
        raise Unfit(f"the message has {len(found)} recipients, or is for somebody else")


def _header_fields(message: AnymailMessage) -> Iterator[tuple[str, object]]:
    yield "Subject", message.subject
    yield "From", message.from_email
    for address in message.recipients():
        yield "To", address
    for address in message.reply_to:
        yield "Reply-To", address
    for name, value in message.extra_headers.items():
        yield name, value if "\r" not in name and "\n" not in name else "\n"
