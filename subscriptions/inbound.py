"""What people mail to the mailbox for leaving: whose token is in it, and is it a person?

The sender is never believed, and nobody is answered, so no mail can go round in circles.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser
from itertools import islice

from subscriptions import mail_tokens, optin, tokens
from subscriptions.models import Subscriber
from subscriptions.tokens import BadToken, Purpose

logger = logging.getLogger(__name__)

LONGEST = 1_000_000  # bytes of a mail; longer ones are ignored
READ = 100_000  # bytes of it; the headers are in these, or they are not looked at
TRIES = 10  # words of one mail that may be tokens
# In the order in which they are believed to say what a mail was delivered for.
ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
BULK = {"bulk", "junk", "list", "auto_reply"}
# What only machines write: out of office, bounces, mailing lists.
MACHINES = ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Failed-Recipients")
IN_ADDRESS = re.compile(r"\+([A-Za-z0-9_-]{48,52})@")
IN_SUBJECT = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{48,52}(?![\w-])")


class Ignored(Exception):
    """Nobody leaves because of this mail; the message says why, and nothing of its contents."""


def receive(raw: bytes, *, at: datetime, recipients: Sequence[str] = ()) -> bool:
    """Let whoever sent this mail leave; False if it was ignored.

    Args:
        raw: a mail as RFC 5322 has it, or whatever came instead.
        recipients: for whom the mail server took it, if it says so.
    """
    return _obey(lambda: reader_of(raw, recipients=recipients), at=at)


def receive_read(message: Message, *, at: datetime, recipients: Sequence[str] = ()) -> bool:
    """As `receive`, for a mail that somebody else has taken apart."""
    return _obey(lambda: _reader(message, recipients), at=at)


def reader_of(raw: bytes, *, recipients: Sequence[str] = ()) -> Subscriber:
    """Return the reader whose token the mail has; raise `Ignored`."""
    if len(raw) > LONGEST:
        raise Ignored("it is too long")
    return _reader(_headers(raw), recipients)


def _obey(find: Callable[[], Subscriber], *, at: datetime) -> bool:
    try:
        subscriber = find()
    except Ignored as reason:
        logger.warning("a mail to the mailbox for leaving was ignored: %s", reason)
        return False
    optin.leave(subscriber, at=at, ip=None, page="mail")
    return True


def _reader(message: Message, recipients: Sequence[str]) -> Subscriber:
    if why := _machine(message):
        raise Ignored(why)
    for token in islice(_tokens(message, recipients), TRIES):
        with suppress(BadToken):
            return _read(token)
    raise Ignored("it has no token that we know")


def _headers(raw: bytes) -> Message:
    try:
        return BytesHeaderParser().parsebytes(raw[:READ])
    except (MessageError, ValueError, LookupError) as error:
        raise Ignored("it cannot be read") from error


def _machine(message: Message) -> str:
    """Say which sign of a machine a mail has; empty if there is none (RFC 3834)."""
    automatic = _text(message, "Auto-Submitted").partition(";")[0].strip().lower()
    if automatic not in {"", "no"}:
        return "a machine answered"
    if _text(message, "Precedence").strip().lower() in BULK:
        return "it is bulk mail"
    if message.get_content_type() in {"multipart/report", "message/delivery-status"}:
        return "it is a report"
    if _text(message, "Return-Path").strip() == "<>":
        return "it is a bounce"
    if "mailer-daemon@" in _text(message, "From").lower():
        return "it is a bounce"
    return "a machine sent it" if any(name in message for name in MACHINES) else ""


def _tokens(message: Message, recipients: Sequence[str]) -> Iterator[str]:
    for address in recipients:
        yield from IN_ADDRESS.findall(address[:READ])
    for name in ADDRESSED:
        for value in message.get_all(name, []):
            yield from IN_ADDRESS.findall(str(value))
    yield from IN_SUBJECT.findall(_text(message, "Subject"))


def _text(message: Message, name: str) -> str:
    return str(message.get(name, ""))


def _read(token: str) -> Subscriber:
    """Read a token of either kind: those of version 0.1.0 were as in links, in exact case."""
    if len(token) == mail_tokens.LENGTH:
        return mail_tokens.read(token)
    return tokens.read(Purpose.UNSUBSCRIBE, token)
