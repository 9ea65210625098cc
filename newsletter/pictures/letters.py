"""Text that a typeface can draw: what it cannot is spelled out, or left out.  Pure.

The typeface that comes with Pillow has hardly more than ASCII.  A box in place of a letter
says nothing, so there is never one.
"""

from __future__ import annotations

from collections.abc import Callable
from unicodedata import category, normalize

from papers import tex

SPELLED = {
    **{char: name for name, char in reversed(tex.GREEK.items()) if char.isalpha()},
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("‘’‚‛′", "'"),
    **dict.fromkeys("“”„‟″", '"'),
    "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ð": "d", "Ð": "D",
    "þ": "th", "Þ": "Th", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ħ": "h", "ŧ": "t",
    "…": "...", "•": "-", "·": "-", "×": "x", "÷": "/", "±": "+-", "∞": "inf", "√": "sqrt ",
    "→": "->", "⟶": "->", "⇒": "=>", "←": "<-", "↔": "<->", "∈": " in ", "∇": "nabla ",
    "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "∼": "~", "≪": "<<", "≫": ">>", "∂": "d",
}  # fmt: skip
ENOUGH = 0.8  # of the letters and digits


def drawable(text: str, can_draw: Callable[[str], bool]) -> str:
    """Return `text` with signs that `can_draw` knows, on one line.

    Empty if too little of it is left to be understood, as of Chinese with Latin letters.
    """
    drawn, lost, kept = [], 0, 0
    for char in normalize("NFC", text):
        spelled = char if can_draw(char) else _spelled(char, can_draw)
        drawn.append(spelled)
        if category(char)[0] in "LN":
            lost, kept = lost + (not spelled.strip()), kept + bool(spelled.strip())
    line = " ".join("".join(drawn).split())
    return line if kept and kept >= ENOUGH * (kept + lost) else ""


def _spelled(char: str, can_draw: Callable[[str], bool]) -> str:
    """The same in other signs; nothing if there are none.  White space is one space."""
    if char.isspace():
        return " "
    if char in SPELLED:
        return SPELLED[char]
    parts = (SPELLED.get(part, part) for part in normalize("NFKD", char))
    return "".join(sign for part in parts for sign in part if can_draw(sign))
