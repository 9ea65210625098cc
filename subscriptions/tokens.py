"""Signed links, each good for one purpose.  Nothing is stored."""

from __future__ import annotations

import uuid
from datetime import timedelta
from enum import Enum

from django.core import signing

from subscriptions.models import Subscriber


class Purpose(Enum):
    """What a link can do.  The value is part of the key, so no token fits another purpose."""

    CONFIRM = "confirm.v1"  # expires
    PREFERENCES = "preferences.v1"
    UNSUBSCRIBE = "unsubscribe.v1"  # must outlive the mail
    DIGEST = "digest.v1"  # shows a digest and changes nothing, so it may be passed on


class BadToken(Exception):
    """The link is mangled, expired, revoked, or meant for another page."""


def make(purpose: Purpose, subscriber: Subscriber) -> str:
    """Return a URL-safe token of about 80 characters."""
    signer = signing.TimestampSigner(salt=purpose.value)
    return signer.sign(f"{subscriber.public_id.hex}.{subscriber.token_version}").replace(":", "~")


def read(purpose: Purpose, token: str, *, max_age: timedelta | None = None) -> Subscriber:
    """Return the reader that `token` was made for; raise `BadToken`.

    Trailing punctuation, which mail programs like to add to links, is forgiven.
    """
    signer = signing.TimestampSigner(salt=purpose.value)
    try:
        value = signer.unsign(token.rstrip(".,;:)>] ").replace("~", ":"), max_age=max_age)
        public_id, version = value.split(".")
        return Subscriber.objects.get(public_id=uuid.UUID(public_id), token_version=int(version))
    except (signing.BadSignature, ValueError, Subscriber.DoesNotExist) as error:
        raise BadToken from error
