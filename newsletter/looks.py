"""How the mails of an issue may look: each look is rendered once for all of its readers.  Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Layout(StrEnum):
    """How the mails of an issue may look."""

    FULL = "full"
    COUNTED = "counted"  # the same; its links lead through the counter: newsletter.counting


class Look(NamedTuple):
    """Which of the renderings of an issue; the names are those of Frozen's fields."""

    language: str = "en"
    layout: Layout = Layout.FULL

    def fields(self) -> dict[str, str]:
        return {"language": self.language, "layout": self.layout.value}


USUAL = Look()
