"""Signed links, each good for one purpose.  Nothing is stored.

A token is 52 characters of base64: the reader's public id, the version of his links, the
minute of its making, and 17 bytes of HMAC-SHA256.  A digest holds four of them, and `maker`
writes those in four microseconds.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from binascii import b2a_base64
from collections.abc import Callable
from datetime import timedelta
from enum import Enum
from functools import cache
from struct import Struct
from typing import Any

from django.conf import settings
from django.core import signing

from subscriptions.models import Subscriber


class Purpose(Enum):
    """What a link can do.  The value is part of the key, so no token fits another purpose."""

    CONFIRM = "confirm.v1"  # expires
    DISOWN = "not-me.v1"  # "it was not me": only makes us silent
    PREFERENCES = "preferences.v1"
    UNSUBSCRIBE = "unsubscribe.v1"  # must outlive the mail
    DIGEST = "digest.v1"  # shows a digest and changes nothing, so it may be passed on
    FEEDBACK = "feedback.v1"  # says of a paper "more", "less", "mute" or "vote"


class BadToken(Exception):
    """The link is mangled, expired, revoked, or meant for another page."""


_BODY = Struct(">16sHI")  # public id, token version, minutes since 1970
LENGTH = 52  # characters of a token
_MAC = 17  # bytes, so that all 39 bytes fill 52 characters and no bit is left to play with
_URL_SAFE = bytes.maketrans(b"+/", b"-_")  # as `urlsafe_b64encode`, at half of its price
_Hashes = tuple[Any, Any]  # of hashlib, whose type has no public name
_AHEAD = 10  # minutes that another machine's clock may be ahead


def make(purpose: Purpose, subscriber: Subscriber) -> str:
    """Return a URL-safe token of 52 characters."""
    return make_raw(purpose, subscriber.public_id.bytes, subscriber.token_version)


def make_raw(purpose: Purpose, public_id: bytes, version: int) -> str:
    """Return the token of the reader with these 16 bytes and that version of links."""
    return maker(purpose)(public_id, version)[0].decode()


def maker(*purposes: Purpose) -> Callable[[bytes, int], list[bytes]]:
    """Return what makes a reader's tokens for all of `purposes`, in their order.

    It gets the 16 bytes of his public id and the version of his links.
    """
    hashes = [_hashes(purpose, settings.SECRET_KEY) for purpose in purposes]
    places = [slice(at * LENGTH, (at + 1) * LENGTH) for at in range(len(hashes))]

    def make_all(public_id: bytes, version: int) -> list[bytes]:
        body = _BODY.pack(public_id, version, int(time.time()) // 60)
        raw = b""
        for inner, outer in hashes:  # as `_mac`, whose call would cost a quarter more
            first, second = inner.copy(), outer.copy()
            first.update(body)
            second.update(first.digest())
            raw += body + second.digest()[:_MAC]
        # 39 bytes are 13 times three, so one call does for all tokens what one does for each.
        text = b2a_base64(raw, newline=False).translate(_URL_SAFE)
        return [text[place] for place in places]

    return make_all


def read(purpose: Purpose, token: str, *, max_age: timedelta | None = None) -> Subscriber:
    """Return the reader that `token` was made for; raise `BadToken`.

    Trailing punctuation, which mail programs like to add to links, is forgiven.
    """
    stripped = token.rstrip(".,;:)>] ")
    unsign = _read_older if "~" in stripped else _read
    public_id, version = unsign(purpose, stripped, max_age)
    try:
        return Subscriber.objects.get(public_id=public_id, token_version=version)
    except Subscriber.DoesNotExist as error:
        raise BadToken from error


def _read(purpose: Purpose, token: str, max_age: timedelta | None) -> tuple[uuid.UUID, int]:
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except (NotBase64, UnicodeEncodeError) as error:
        raise BadToken from error
    # Decoding forgives characters that are no base64, and each would be another token.
    if len(raw) != _BODY.size + _MAC or urlsafe_b64encode(raw).decode() != token:
        raise BadToken
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    if not any(hmac.compare_digest(mac, _mac(_hashes(purpose, key), body)) for key in _secrets()):
        raise BadToken
    public_id, version, minutes = _BODY.unpack(body)
    age = int(time.time()) // 60 - minutes
    if age < -_AHEAD or (max_age is not None and age > max_age.total_seconds() // 60):
        raise BadToken
    return uuid.UUID(bytes=public_id), version


def _read_older(purpose: Purpose, token: str, max_age: timedelta | None) -> tuple[uuid.UUID, int]:
    """Links of mails that version 0.1.0 sent: they must go on working."""
    signer = signing.TimestampSigner(salt=purpose.value)
    try:
        public_id, version = signer.unsign(token.replace("~", ":"), max_age=max_age).split(".")
        return uuid.UUID(public_id), int(version)
    except (signing.BadSignature, ValueError) as error:
        raise BadToken from error


def _mac(hashes: _Hashes, body: bytes) -> bytes:
    inner, outer = hashes[0].copy(), hashes[1].copy()
    inner.update(body)
    outer.update(inner.digest())
    mac: bytes = outer.digest()[:_MAC]
    return mac


def _secrets() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


@cache
def _hashes(purpose: Purpose, secret: str) -> _Hashes:
    """The two hashes of HMAC-SHA256 that have read the key (RFC 2104): half of its work."""
    name = f"newsletter.tokens.{purpose.value}".encode()
    key = hmac.digest(secret.encode(), name, "sha256").ljust(64, b"\0")
    inner = hashlib.sha256(bytes(octet ^ 0x36 for octet in key))
    outer = hashlib.sha256(bytes(octet ^ 0x5C for octet in key))
    return inner, outer
