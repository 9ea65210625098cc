"""What the parts that read TeX know of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Read = tuple[str, int]  # what was read, and the position where reading goes on


class Strange(Exception):
    """Something that is not understood; its source stays as it is."""


class Reading(Protocol):
    """One text on its way.  Positions count its characters; an end is the position behind."""

    source: str

    def text(self, start: int, end: int) -> str:
        """Return what stands between two positions outside of formulas."""
        ...

    def math(self, start: int, end: int) -> str:
        """Return a formula, or a part of one; raise `Strange`."""
        ...

    def span(self, at: int, end: int) -> tuple[int, int, int]:
        """Find the argument that begins at `at`: a group, a macro or one character.

        Returns where its content starts and ends, and where reading goes on; raises `Strange`.
        """
        ...

    def inside(self, read: Callable[[int, int], str], start: int, end: int) -> str:
        """Read the content of a group; raise `Strange` if it lies too deep."""
        ...
