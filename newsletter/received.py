"""Mail that a service received for us and posts: whoever wrote to the mailbox for leaving leaves.

Anymail knows how each service hands mail on.  Nothing of it is kept, and nobody is answered.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import Any

from anymail.inbound import AnymailInboundMessage
from anymail.webhooks.brevo import BrevoInboundWebhookView
from anymail.webhooks.mailgun import MailgunInboundWebhookView
from anymail.webhooks.mailjet import MailjetInboundWebhookView
from anymail.webhooks.postmark import PostmarkInboundWebhookView
from anymail.webhooks.sendgrid import SendGridInboundWebhookView
from anymail.webhooks.sparkpost import SparkPostInboundWebhookView

from newsletter.dialects import Rebuilt, Unreadable, Views, view_of
from subscriptions import inbound

logger = logging.getLogger(__name__)

VIEWS: Views = {
    "brevo": BrevoInboundWebhookView,
    "mailgun": MailgunInboundWebhookView,
    "mailjet": MailjetInboundWebhookView,
    "postmark": PostmarkInboundWebhookView,
    "sendgrid": SendGridInboundWebhookView,
    "sparkpost": SparkPostInboundWebhookView,
}


@dataclass(frozen=True, slots=True)
class Received:
    """The headers of a mail, for whom it was, and whether the envelope says that it is a bounce."""

    headers: Message
    recipients: Sequence[str]
    is_bounce: bool


def read(service: str, environ: Mapping[str, Any], body: bytes, *, at: datetime) -> int:
    """Obey what was posted, and believed; return how many left.

    What cannot be read is ignored: whoever wrote it can still press the button in his mail.
    """
    try:
        mails = _mails(service, environ, body)
    except Unreadable as error:
        logger.warning("a mail from %s could not be read: %s", service, error)
        return 0
    return sum(
        inbound.receive_read(mail.headers, at=at, recipients=mail.recipients)
        for mail in mails
        if not mail.is_bounce
    )


def _mails(service: str, environ: Mapping[str, Any], body: bytes) -> list[Received]:
    try:
        events = view_of(service, VIEWS).parse_events(Rebuilt(environ, body))
        return [_received(event.message) for event in events]
    except Exception as error:
        # The parsers take the shape of what they read for granted: any error can come of it.
        raise Unreadable(type(error).__name__) from error


def _received(message: AnymailInboundMessage) -> Received:
    headers = Message()  # as they came: reading them as addresses can raise anything
    for name, value in message.raw_items():
        headers[name] = str(value)
    recipient = message.envelope_recipient
    return Received(headers, [str(recipient)] if recipient else [], message.envelope_sender == "")
