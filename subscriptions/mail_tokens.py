"""Tokens in mail addresses: whoever writes to `unsub+TOKEN@...` leaves.

Some gateways change the case of what stands before the @, so these are base32, and either case
will do.  A token is 48 characters: the reader's public id, the version of his links, and 12
bytes of HMAC-SHA256.  With it that part is within its 64 characters (RFC 5321 4.5.3.1.1) if the
mailbox has a name of at most 15.
"""

from __future__ import annotations

import hmac
import uuid
from base64 import b32decode, b32encode
from binascii import Error as NotBase32
from collections.abc import Callable
from struct import Struct

from django.conf import settings

from subscriptions.models import Subscriber
from subscriptions.tokens import BadToken, Purpose, key_of, secrets

LENGTH = 48  # characters of a token
LONGEST_NAME = 15  # characters of the mailbox before the "+"
_BODY = Struct(">16sH")  # public id, token version
_MAC = 12  # bytes: 30 in all fill 48 characters, and no bit is left to play with


def maker() -> Callable[[bytes, int], bytes]:
    """Return what makes a reader's token, of his public id and the version of his links."""
    key = key_of(Purpose.LEAVE_BY_MAIL, settings.SECRET_KEY)

    def make(public_id: bytes, version: int) -> bytes:
        body = _BODY.pack(public_id, version)
        return b32encode(body + hmac.digest(key, body, "sha256")[:_MAC]).lower()

    return make


def make(subscriber: Subscriber) -> str:
    return maker()(subscriber.public_id.bytes, subscriber.token_version).decode()


def read(token: str) -> Subscriber:
    """Return the reader that `token` was made for, in whatever case; raise `BadToken`."""
    try:
        raw = b32decode(token.encode("ascii"), casefold=True)
    except (NotBase32, ValueError) as error:
        raise BadToken from error
    if len(raw) != _BODY.size + _MAC:
        raise BadToken
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    keys = [key_of(Purpose.LEAVE_BY_MAIL, secret) for secret in secrets()]
    if not any(hmac.compare_digest(mac, hmac.digest(key, body, "sha256")[:_MAC]) for key in keys):
        raise BadToken
    public_id, version = _BODY.unpack(body)
    try:
        return Subscriber.objects.get(public_id=uuid.UUID(bytes=public_id), token_version=version)
    except Subscriber.DoesNotExist as error:
        raise BadToken from error
