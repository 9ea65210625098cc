"""What commands take on their command lines."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date

from django.utils.timezone import now


def past_date(text: str) -> date:
    """Read a date such as 2026-03-16 that is not after today; raise `ArgumentTypeError`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date such as 2026-03-16") from None
    if day > now().date():
        raise ArgumentTypeError(f"{text} lies in the future")
    return day
