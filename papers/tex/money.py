"""Whether dollar signs around something mean a formula, or are money."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"[\\^_{}=<>|]")
_WORD = re.compile(r"(?<![\\A-Za-z])[^\W\d_]{2,}")
_AMOUNT_AND_MORE = re.compile(r"[\d.,]+(?:.*[-–/(,;:]$|\S*\s.*[^\W\d_]{2})", re.DOTALL)


def is_formula(content: str, *, after: str) -> bool:
    """Say whether `$content$`, followed by the character `after`, is a formula.

    Money has a number behind its sign, and then words, or the sign of the next amount.
    """
    bare = content.strip()
    if not bare or not _is_balanced(content):
        return False
    if bare[0].isdigit():
        is_open = content[-1].isspace() or after.isdigit()
        if is_open and (after.isdigit() or _WORD.search(content)):
            return False
        if not _SIGNS.search(content):
            return not _AMOUNT_AND_MORE.match(bare)
    if _SIGNS.search(content):
        return True
    words = len(_WORD.findall(content))
    return words == 0 if content != bare else words < 2


def _is_balanced(content: str) -> bool:
    plain = re.sub(r"\\[{}]", "", content)
    brackets = "{}" if _SIGNS.search(content) else "{}()"
    return all(
        plain.count(left) == plain.count(right)
        for left, right in zip(brackets[::2], brackets[1::2], strict=True)
    )
