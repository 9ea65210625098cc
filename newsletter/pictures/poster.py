"""What a picture shows.  Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

LOOK = 1  # raise it when pictures of the same content look different
ROWS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One paper of a list."""

    title: str
    share: float  # 0..1, how hot it is


@dataclass(frozen=True, slots=True)
class Poster:
    """A list of papers, or one paper, which then has lines under its title."""

    site: str
    aside: str  # opposite the name of the site: a date, as a rule
    heading: str
    lines: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()

    @property
    def digest(self) -> str:
        """The same for the same picture."""
        return hashlib.sha256(f"{LOOK} {self!r}".encode()).hexdigest()[:32]
