"""What an examination says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How bad it is."""

    WELL = "ok"
    UNKNOWN = "?"  # it could not be asked
    WARNING = "warning"  # it works, and somebody will not like it
    WRONG = "WRONG"  # mail does not arrive, or is lost


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    about: str  # a word or two: "SPF", "Redis"
    said: str  # what is so, one sentence
    mend: str = ""  # what to do about it; empty if nothing

    def line(self) -> str:
        """For a terminal."""
        mend = f"\n         mend: {self.mend}" if self.mend else ""
        return f"{self.level.value:>7}  {self.about}: {self.said}{mend}"


def well(about: str, said: str) -> Finding:
    return Finding(Level.WELL, about, said)


def unknown(about: str, said: str, mend: str = "") -> Finding:
    return Finding(Level.UNKNOWN, about, said, mend)


def warning(about: str, said: str, mend: str) -> Finding:
    return Finding(Level.WARNING, about, said, mend)


def wrong(about: str, said: str, mend: str) -> Finding:
    return Finding(Level.WRONG, about, said, mend)
