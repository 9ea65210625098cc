"""Build a message to one reader: the one place where headers are cleaned."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from anymail.message import AnymailMessage
from django.conf import settings
from django.template.loader import render_to_string

HEADER_LIMIT = 150  # characters of a subject
NOT_IN_HEADERS = {"Cc", "Cs"}  # controls, lone surrogates; line separators count as space

# Tell vacation programs not to answer (RFC 3834; Exchange has its own header).
AUTOMATIC = {
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "OOF, AutoReply",
}


def clean_header(value: str, *, limit: int = HEADER_LIMIT) -> str:
    """Make text safe for a header: one line, no controls, at most `limit` characters.

    Mail services that take JSON do not do this, and a line break would start a header.
    """
    kept = (c for c in value if unicodedata.category(c) != "Cf")  # zero width, bidi
    spaced = "".join(" " if unicodedata.category(c) in NOT_IN_HEADERS else c for c in kept)
    line = " ".join(spaced.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def build(
    name: str, *, to: str, message_id: UUID, context: Mapping[str, Any], headers: Mapping[str, str]
) -> AnymailMessage:
    """Render templates/email/<name>/{subject.txt,body.txt,body.html} into one message.

    Args:
        name: the folder of the templates.
        to: exactly one address, as subscriptions.address made it.
        message_id: the same for every try, so that mail stores can recognise a copy.
    """
    full = {**site(), **context}
    full_headers = {**AUTOMATIC, **headers, "Message-ID": message_id_of(message_id)}
    message = AnymailMessage(
        subject=clean_header(render_to_string(f"email/{name}/subject.txt", full)),
        body=render_to_string(f"email/{name}/body.txt", full),
        from_email=_sender(),
        to=[to],
        reply_to=[clean_header(settings.MAIL_REPLY_TO)] if settings.MAIL_REPLY_TO else None,
        headers={key: clean_header(value, limit=900) for key, value in full_headers.items()},
        metadata={"entry": message_id.hex},
    )
    message.attach_alternative(render_to_string(f"email/{name}/body.html", full), "text/html")
    return message


def site() -> dict[str, str]:
    """What every mail says about the site."""
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "postal_address": settings.POSTAL_ADDRESS,
    }


def domain() -> str:
    """The domain that mails come from: of the address in MAIL_FROM."""
    return parseaddr(settings.MAIL_FROM)[1].partition("@")[2] or str(
        urlsplit(settings.SITE_URL).hostname
    )


def _sender() -> str:
    """MAIL_FROM, its name not encoded: that is for whatever sends it to do."""
    name, address = parseaddr(settings.MAIL_FROM)
    return str(Address(clean_header(name or settings.SITE_NAME), addr_spec=address))


def message_id_of(public_id: UUID) -> str:
    """The Message-ID of an entry of the ledger: the same for every try."""
    return f"<{public_id}@{domain()}>"
