"""Addresses never to write to, kept as keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from functools import cache

from django.conf import settings
from django.db import models

from subscriptions.among import among


def address_hash(email: str, *, key: str | None = None) -> str:
    """Recognise an address without storing it: 64 hex digits, keyed with SECRET_KEY or `key`."""
    secret = _suppression_key(settings.SECRET_KEY if key is None else key)
    return hmac.digest(secret, email.casefold().encode(), "sha256").hex()


def hashes_of(email: str) -> list[str]:
    """What an address may be known by: an older key that is still believed counts."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [address_hash(email, key=key) for key in keys]


@cache
def _suppression_key(secret: str) -> bytes:
    """As Django's `salted_hmac` derives it; once and not for every reader of every chunk."""
    return hashlib.sha256(b"suppression" + secret.encode()).digest()


def suppressed_among(emails: Iterable[str]) -> set[str]:
    """Return those of `emails` that must never be written to.

    An older key that is still believed counts: a new SECRET_KEY must not forget anybody.
    """
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    hashes = {address_hash(email, key=key): email for email in emails for key in keys}
    found = Suppression.objects.filter(among("address_hash", hashes))
    return {hashes[key] for key in found.values_list("address_hash", flat=True)}


class Suppression(models.Model):
    """An address never to write to, kept as a keyed hash so that erasure can be complete."""

    address_hash = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.address_hash[:12]}… since {self.at:%Y-%m-%d}"
