"""How a paper is put into few words: its authors named, its abstract cut."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.formats import number_format
from django.utils.translation import ngettext

AUTHORS_SHOWN = 3
SENTENCE = re.compile(r"(?<=[.!?])\s+")


def name_authors(names: Sequence[str]) -> str:
    """Name the first three: "A, B, C and 12 more"; a list of four is named in full."""
    if len(names) <= AUTHORS_SHOWN + 1:
        return ", ".join(names)
    others = len(names) - AUTHORS_SHOWN
    said = ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", others)
    count = number_format(others, force_grouping=True)
    return said % {"names": ", ".join(names[:AUTHORS_SHOWN]), "count": count}


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
