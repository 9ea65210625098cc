"""How often one network may have something reckoned, counted in this process alone.

What is counted here changes nothing and costs milliseconds, so that a row in the database for
each time would cost more than what it saves.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime


class Ration:
    """At most `most` times a minute for each key."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._minute: datetime | None = None
        self._taken: Counter[str] = Counter()

    def take(self, key: str, *, at: datetime) -> bool:
        """Count one more; False if the key had its share of this minute."""
        minute = at.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self._taken = minute, Counter()
        self._taken[key] += 1
        return self._taken[key] <= self.most
