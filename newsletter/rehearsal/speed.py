"""How long would the mail service take for so many mails at its rates?  Pure."""

from __future__ import annotations

from collections.abc import Mapping


def seconds(
    lanes: Mapping[str, int], *, rates: Mapping[str, float], paces: Mapping[str, float]
) -> float | None:
    """Return how long the slowest stream takes; None if no stream has a rate.

    Args:
        lanes: lane -> mails.
        rates: lane, or "all" -> mails a second, > 0 (the setting MAIL_RATES).
        paces: stream -> part of its rate at which it goes now, > 0; 1 where it is not named.
    """
    mails = {**lanes, "all": sum(lanes.values())}
    found = [
        mails.get(stream, 0) / (rate * paces.get(stream, 1.0)) for stream, rate in rates.items()
    ]
    return max(found, default=None)
