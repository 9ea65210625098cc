"""Build a message to one reader: the one place where headers are cleaned and written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

from anymail.message import AnymailMessage
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.timezone import now

from subscriptions import encode
from subscriptions.headers import header, mailbox, verbatim

HEADER_LIMIT = 150  # characters of a subject
NOT_IN_HEADERS = {"Cc", "Cs"}  # controls, lone surrogates; line separators count as space

# Tell vacation programs not to answer (RFC 3834; Exchange has its own header).
AUTOMATIC = {
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "OOF, AutoReply",
}


@lru_cache(maxsize=4096)  # a subject is that of many mails
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
    return assemble(
        subject=clean_header(render_to_string(f"email/{name}/subject.txt", full)),
        text=render_to_string(f"email/{name}/body.txt", full),
        html=render_to_string(f"email/{name}/body.html", full),
        to=to,
        message_id=message_id,
        headers={key: clean_header(value, limit=900) for key, value in headers.items()},
    )


def assemble(
    *, subject: str, text: str, html: str, to: str, message_id: UUID, headers: Mapping[str, str]
) -> AnymailMessage:
    """Put a message together from a subject and headers that are clean, and two parts."""
    message = AnymailMessage(
        subject=subject,
        body=text,
        from_email=sender(),
        to=[to],
        reply_to=reply_to(),
        headers={**AUTOMATIC, **headers, "Message-ID": message_id_of(message_id)},
        metadata={"entry": message_id.hex},
    )
    message.attach_alternative(html, "text/html")
    return message


@dataclass(slots=True)
class Built:
    """A message of `build`, as transports want it (`subscriptions.outgoing.Outgoing`)."""

    entry_id: int
    recipient: str
    sender: str
    built: AnymailMessage

    @classmethod
    def of(cls, entry_id: int, built: AnymailMessage) -> Self:
        return cls(entry_id, str(built.to[0]), sender_address(), built)

    def message(self) -> AnymailMessage:
        return self.built

    def wire(self) -> bytes:
        html = str(self.built.alternatives[0][0])
        return encode.message(
            written(headers_of(self.built)),
            text=encode.quote(str(self.built.body)),
            html=encode.quote(html),
        )


def headers_of(message: AnymailMessage) -> dict[str, str]:
    """Every header of a message that this module made, dated now."""
    return {
        "From": str(message.from_email),
        "To": str(message.to[0]),
        **({"Reply-To": str(message.reply_to[0])} if message.reply_to else {}),
        "Subject": str(message.subject),
        "Date": format_datetime(now()),
        **{name: str(value) for name, value in message.extra_headers.items()},
    }


def written(headers: Mapping[str, str]) -> Iterator[bytes]:
    """Yield headers as they are sent: ASCII, folded, each with its line end."""
    for name, value in headers.items():
        if name in {"From", "Reply-To"} and not value.isascii():
            yield verbatim(name, mailbox(*parseaddr(value)))
        elif name in {"From", "Reply-To", "List-Id"}:
            yield verbatim(name, value)
        else:
            yield header(name, value)


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


def sender() -> str:
    """MAIL_FROM, its name not encoded: that is for whatever sends it to do."""
    name, address = parseaddr(settings.MAIL_FROM)
    return str(Address(clean_header(name or settings.SITE_NAME), addr_spec=address))


def sender_address() -> str:
    """The address in MAIL_FROM: the sender of the envelope, too."""
    return parseaddr(sender())[1]


def operator_address() -> str:
    """The address that a reader may write to: where his answers go."""
    return parseaddr(settings.MAIL_REPLY_TO)[1] or sender_address()


def from_lines() -> bytes:
    """The headers that say who writes, as they are sent."""
    said = {"From": sender()}
    if settings.MAIL_REPLY_TO:
        said["Reply-To"] = clean_header(settings.MAIL_REPLY_TO)
    return b"".join(written(said))


def reply_to() -> Sequence[str]:
    return [clean_header(settings.MAIL_REPLY_TO)] if settings.MAIL_REPLY_TO else []


def message_id_of(public_id: UUID) -> str:
    """The Message-ID of an entry of the ledger: the same for every try."""
    return f"<{public_id}@{domain()}>"
