"""Text laid out in columns of a terminal, for the part of a mail that is plain text.  Pure."""

from __future__ import annotations

import re
from unicodedata import combining, east_asian_width

WIDTH = 78  # columns

_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f"
    "\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003fffd"
)
_CLOSING = "\u3001\u3002\uff0c\uff0e\u300d\u300f\uff09\u3011\u300b\u3009\uff1b\uff1a\uff01\uff1f"
# A space, a character before and after which a line may end, or a word.
_UNIT = re.compile(rf" +|[{_WIDE}][{_CLOSING}]*|[^ {_WIDE}]+")


def columns(text: str) -> int:
    """Return how many columns `text` takes."""
    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )


def fold(text: str, *, indent: str = "", first: int | None = None, width: int = WIDTH) -> str:
    """Break `text`, one paragraph, into lines of at most `width` columns.

    A word that is longer than a line stays whole.  Chinese and Japanese break anywhere but
    before a mark that closes.

    Args:
        indent: stands before every line.
        first: columns that something else takes on the first line, in place of its indent.
    """
    lines = [""]
    taken, gap = len(indent) if first is None else first, ""
    for unit in _UNIT.findall(text):
        if unit.isspace():
            gap = " " if lines[-1] else ""
            continue
        size = columns(unit)
        if lines[-1] and taken + len(gap) + size > width:
            lines.append("")
            taken, gap = len(indent), ""
        lines[-1] += gap + unit
        taken += len(gap) + size
        gap = ""
    start = indent if first is None else ""
    return start + f"\n{indent}".join(lines)
