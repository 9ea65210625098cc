"""The words that somebody looked for, marked where they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

SHORTEST = 2  # characters of a word that is marked


def marked(text: str, words: Sequence[str]) -> SafeString:
    """Escape `text`, with <mark> around words that begin as one of `words` does."""
    wanted = sorted({word for word in words if len(word) >= SHORTEST}, key=len, reverse=True)
    if not wanted:
        return escape(text)
    stems = "|".join(re.escape(word[: max(3, len(word) - 2)]) for word in wanted)
    parts = re.split(rf"(\b(?:{stems})\w*)", text, flags=re.IGNORECASE)
    # Every second part is a match.
    for at in range(1, len(parts), 2):
        parts[at] = f"<mark>{escape(parts[at])}</mark>"
    parts[::2] = map(escape, parts[::2])
    return mark_safe("".join(parts))  # noqa: S308  # every part is escaped
