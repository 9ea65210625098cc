"""How a paper is put into few words: its authors named, its abstract cut."""

from __future__ import annotations

import re
from collections.abc import Sequence

AUTHORS_SHOWN = 3
SENTENCE = re.compile(r"(?<=[.!?])\s+")


def name_authors(names: Sequence[str]) -> str:
    """Name the first three: "A, B, C and 12 more"; a list of four is named in full."""
    if len(names) <= AUTHORS_SHOWN + 1:
        return ", ".join(names)
    return f"{', '.join(names[:AUTHORS_SHOWN])} and {len(names) - AUTHORS_SHOWN:,} more"


def excerpt(text: str, limit: int) -> str:
    """Return the first whole sentences within `limit` characters, or a cut first sentence."""
    taken = ""
    for sentence in SENTENCE.split(text):
        longer = f"{taken} {sentence}".strip()
        if len(longer) > limit:
            break
        taken = longer
    return taken or shorten(text, limit)


def shorten(text: str, limit: int, *, dots: str = "…") -> str:
    """Cut after a whole word, with `dots`, so that at most `limit` characters are left."""
    if len(text) <= limit:
        return text
    cut = text[: limit - len(dots) + 1]  # enough, for the last word goes
    return (cut.rpartition(" ")[0] or cut[:-1]).rstrip(" ,;:") + dots
