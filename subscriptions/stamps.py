"""Stamps of forms: when a form was made, signed, and a number that makes each the only one."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.core import signing

_signer = signing.Signer(salt="subscriptions.join.v2")


class Stamp(NamedTuple):
    """What a form was made with."""

    made_at: datetime
    nonce: str  # 32 hex digits


def make_stamp(at: datetime) -> str:
    """Return the stamp of a form that is made at this moment."""
    return _signer.sign(f"{at.timestamp():.3f}.{secrets.token_hex(16)}")


def read_stamp(value: str) -> Stamp | None:
    """Return what a stamp says; None if it is forged or missing."""
    try:
        seconds, _, nonce = _signer.unsign(value).rpartition(".")
    except signing.BadSignature:
        return None
    return Stamp(datetime.fromtimestamp(float(seconds), tz=UTC), nonce)


def stamp_age(value: str, *, at: datetime) -> timedelta | None:
    """How old a stamp is at `at`; None if it is forged, missing or from the future."""
    stamp = read_stamp(value)
    return at - stamp.made_at if stamp and stamp.made_at <= at else None
