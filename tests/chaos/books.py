"""The three books: what the server accepted, what the ledger says, what was in doubt.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from subscriptions.verdicts import State

# Not accepted, and a person can see it in the list.
LISTED = {State.UNCERTAIN, State.PARKED, State.SKIPPED, State.REJECTED}


class Copy(NamedTuple):
    """A mail that the server accepted."""

    recipient: str
    key: str  # Message-ID, or the key that a service was given
    at: float  # seconds since 1970


class Log:
    """The file to which the server appends a line for each mail before it answers."""

    def __init__(self, path: Path, *, columns: tuple[int, int, int]) -> None:
        self.path = path
        self.columns = columns  # where recipient, key and time stand
        self._seen = self._lines = 0

    def count(self) -> int:
        """How many mails were accepted so far; quick."""
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self._seen)
                new = file.read()
            self._seen += len(new)
            self._lines += new.count(b"\n")
        return self._lines

    def copies(self) -> list[Copy]:
        text = self.path.read_text() if self.path.exists() else ""
        rows = (line.split("\t") for line in text.splitlines())
        recipient, key, at = self.columns
        return [Copy(row[recipient], row[key], float(row[at])) for row in rows]


@dataclass(frozen=True)
class Books:
    """The state of things at the end of a run."""

    copies: list[Copy]
    states: Mapping[str, str]  # recipient -> state in the ledger
    # recipient -> kills at which his mail was handed over, and no answer had been read
    doubts: Counter[str] = field(default_factory=Counter)

    @property
    def counts(self) -> Counter[str]:
        return Counter(copy.recipient for copy in self.copies)

    @property
    def lost(self) -> set[str]:
        """Never accepted by the server, and not listed either."""
        missing = self.states.keys() - self.counts.keys()
        return {recipient for recipient in missing if self.states[recipient] not in LISTED}

    @property
    def extras(self) -> Counter[str]:
        """recipient -> copies beyond the first."""
        return self.counts - Counter(self.counts.keys())

    @property
    def most(self) -> int:
        return max(self.counts.values(), default=0)

    @property
    def accepted(self) -> set[str]:
        """By the ledger, and by the server."""
        known = {to for to, state in self.states.items() if state == State.ACCEPTED}
        return known & self.counts.keys()

    @property
    def parked(self) -> set[str]:
        return {to for to, state in self.states.items() if state in {State.UNCERTAIN, State.PARKED}}

    @property
    def keys_per_mail(self) -> int:
        """The most keys under which one recipient got his mail; every try must bear the same."""
        keys: dict[str, set[str]] = {}
        for copy in self.copies:
            keys.setdefault(copy.recipient, set()).add(copy.key)
        return max(map(len, keys.values()), default=0)

    @property
    def unexplained(self) -> Counter[str]:
        """Extra copies of mails that were not in doubt, or not so often."""
        return self.extras - self.doubts
