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

from subscriptions.models import AddressChange, Consent, Subscriber


class Purpose(Enum):
    """What a link can do.  The value is part of the key, so no token fits another purpose."""

    CONFIRM = "confirm.v1"  # expires
    DISOWN = "not-me.v1"  # "it was not me": only makes us silent
    PREFERENCES = "preferences.v1"
    UNSUBSCRIBE = "unsubscribe.v1"  # must outlive the mail
    DIGEST = "digest.v1"  # shows a digest and changes nothing, so it may be passed on
    FEEDBACK = "feedback.v1"  # says of a paper "more", "less", "mute" or "vote"
    FEED = "feed.v1"  # reads the digests as a feed and changes nothing
    LEAVE_BY_MAIL = "leave-by-mail.v1"  # of subscriptions.mail_tokens
    # Fresh ones: see FRESH.
    RETURN = "return.v1"  # takes a leaving back
    ADDRESS = "address.v1"  # in a mail to the present address: says where to write instead
    NEW_ADDRESS = "new-address.v1"  # in a mail to the new one: says yes to it
    EXPORT = "export.v1"
    ERASE = "erase.v1"


class BadToken(Exception):
    """The link is mangled, expired, revoked, or meant for another page."""


# These can do what a forwarded digest must not.  They are good for some minutes, and for as
# long as what they were made about is as it was: docs/decisions/0014-what-links-may-do.md.
FRESH = frozenset(
    {Purpose.RETURN, Purpose.ADDRESS, Purpose.NEW_ADDRESS, Purpose.EXPORT, Purpose.ERASE}
)
FRESH_MINUTES = 30

_BODY = Struct(">16sHI")  # public id, token version, minutes since 1970
LENGTH = 52  # characters of a token
_MAC = 17  # bytes, so that all 39 bytes fill 52 characters and no bit is left to play with
_URL_SAFE = bytes.maketrans(b"+/", b"-_")  # as `urlsafe_b64encode`, at half of its price
_Hashes = tuple[Any, Any]  # of hashlib, whose type has no public name
_AHEAD = 10  # minutes that another machine's clock may be ahead


def make(purpose: Purpose, subscriber: Subscriber) -> str:
    """Return a URL-safe token of 52 characters."""
    if purpose in FRESH:
        minutes = int(time.time()) // 60
        body = _BODY.pack(subscriber.public_id.bytes, subscriber.token_version, minutes)
        mac = _mac(_hashes(purpose, settings.SECRET_KEY), body + _bound(purpose, subscriber))
        return urlsafe_b64encode(body + mac).decode()
    return make_raw(purpose, subscriber.public_id.bytes, subscriber.token_version)


def make_raw(purpose: Purpose, public_id: bytes, version: int) -> str:
    """Return the token of the reader with these 16 bytes and that version of links."""
    return maker(purpose)(public_id, version)[0].decode()


def maker(*purposes: Purpose) -> Callable[[bytes, int], list[bytes]]:
    """Return what makes a reader's tokens for all of `purposes`, in their order.

    It gets the 16 bytes of his public id and the version of his links.  Not for fresh ones.
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
    if purpose in FRESH:
        return _read_fresh(purpose, stripped)
    unsign = _read_older if "~" in stripped else _read
    public_id, version = unsign(purpose, stripped, max_age)
    return _reader(public_id, version)


def _reader(public_id: uuid.UUID, version: int) -> Subscriber:
    try:
        return Subscriber.objects.get(public_id=public_id, token_version=version)
    except Subscriber.DoesNotExist as error:
        raise BadToken from error


def _read(purpose: Purpose, token: str, max_age: timedelta | None) -> tuple[uuid.UUID, int]:
    body, mac = _take_apart(token)
    _check_mac(purpose, body, mac)
    return _unpack(body, max_age)


def _read_fresh(purpose: Purpose, token: str) -> Subscriber:
    """As the others; but what the token depends on must be loaded before it can be checked."""
    body, mac = _take_apart(token)
    reader = _reader(*_unpack(body, timedelta(minutes=FRESH_MINUTES)))
    _check_mac(purpose, body + _bound(purpose, reader), mac)
    return reader


def _bound(purpose: Purpose, reader: Subscriber) -> bytes:
    """What a fresh link was made about.  When it changes, the link is used up."""
    if purpose is Purpose.RETURN:
        left = reader.consents.filter(act=Consent.Act.LEFT).order_by("-pk")
        return repr(left.values_list("pk", flat=True).first()).encode()
    about = (reader.email, reader.state_changed_at)
    if purpose is Purpose.NEW_ADDRESS:
        changes = AddressChange.objects.filter(pk=reader.pk)
        about = changes.values_list("email", "asked_at").first() or about
    return f"{about[0]} {about[1].timestamp()}".encode()


def _take_apart(token: str) -> tuple[bytes, bytes]:
    """Return the body and the MAC of a token."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except (NotBase64, UnicodeEncodeError) as error:
        raise BadToken from error
    # Decoding forgives characters that are no base64, and each would be another token.
    if len(raw) != _BODY.size + _MAC or urlsafe_b64encode(raw).decode() != token:
        raise BadToken
    return raw[: _BODY.size], raw[_BODY.size :]


def _check_mac(purpose: Purpose, signed: bytes, mac: bytes) -> None:
    if not any(hmac.compare_digest(mac, _mac(_hashes(purpose, key), signed)) for key in secrets()):
        raise BadToken


def _unpack(body: bytes, max_age: timedelta | None) -> tuple[uuid.UUID, int]:
    """Return whose token it is, and the version of his links; its age must be right."""
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


def secrets() -> list[str]:
    """The keys that are believed, that of new tokens first."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


@cache
def key_of(purpose: Purpose, secret: str) -> bytes:
    """The key of one purpose, 32 bytes."""
    return hmac.digest(secret.encode(), f"newsletter.tokens.{purpose.value}".encode(), "sha256")


@cache
def _hashes(purpose: Purpose, secret: str) -> _Hashes:
    """The two hashes of HMAC-SHA256 that have read the key (RFC 2104): half of its work."""
    key = key_of(purpose, secret).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(octet ^ 0x36 for octet in key))
    outer = hashlib.sha256(bytes(octet ^ 0x5C for octet in key))
    return inner, outer
