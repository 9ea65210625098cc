"""Accents over letters, and what only looks like one."""

from __future__ import annotations

import re
from unicodedata import normalize

from papers.tex.symbols import SYMBOLS, TEXT_ACCENTS
from papers.tex.terms import Read, Reading, Strange

_QUOTED = re.compile(r'(?<![^\W\d_])\\"([^"\\]{1,200})\\"(?![A-Za-z{])')
_CONTRACTION = re.compile(r"(?<=[^\W\d_])\\'(?=(?:s|t|re|ve|ll|d|m)\b)")
_WITH_DOT = {"\u0131": "i", "\u0237": "j"}


def read(reader: Reading, name: str, after: int, end: int) -> Read:
    r"""Return what stands at `\name`, one of TeX's accents; raise `Strange`.

    Quotes and apostrophes that some program escaped stay what they are.
    """
    if escaped := _escaped(reader, after - 1 - len(name), after, end):
        return escaped
    follows = reader.source[after : min(after + 1, end)]
    is_group = follows == "{"
    if not is_group and (name.isalpha() != follows.isspace() or not follows):
        return _bare(name, after)

    first, last, behind = reader.span(after, end)
    content = reader.source[first:last]
    if name + content in SYMBOLS:
        return SYMBOLS[name + content], behind  # "\b{eta}", as arXiv garbles "\beta"
    letters = reader.inside(reader.text, first, last).strip()
    if not letters[:1].isalpha():
        return (
            (letters, behind)
            if is_group and letters
            else _bare(name, behind if is_group else after)
        )
    accented = _over(letters, mark=TEXT_ACCENTS[name])
    if is_group or len(accented) == 1:
        return accented, behind
    return _bare(name, after)


def _escaped(reader: Reading, start: int, after: int, end: int) -> Read | None:
    if quoted := _QUOTED.match(reader.source, start, end):
        return f'"{reader.text(quoted.start(1), quoted.end(1))}"', quoted.end()
    return ("'", after) if _CONTRACTION.match(reader.source, start, end) else None


def _over(letters: str, *, mark: str) -> str:
    """Return a letter with a mark; the mark over several of them is left out."""
    letters = _WITH_DOT.get(letters, letters)
    return normalize("NFC", letters + mark) if len(letters) == 1 else letters


def _bare(name: str, after: int) -> Read:
    """An accent without a letter is a sign that somebody escaped."""
    if name in "'\"~^":
        return name, after
    raise Strange
