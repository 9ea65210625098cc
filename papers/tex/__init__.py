"""TeX in titles, abstracts and names to Unicode.  Pure; what is not understood stays as it is.

Source: docs/decisions/0009-tex-to-text.md
"""

from __future__ import annotations

import re

from papers.tex.reader import Reader
from papers.tex.symbols import GREEK as GREEK

_SIGN = re.compile(r"[\\$~{`]|\^-?\d|--")

# Some sources leave "textbf{...}" of "\\textbf{...}".  These are no words of any language.
_BARE = re.compile(
    r"(?<![\\A-Za-z])(?=(?:text(?:bf|it|tt|sc|sf|rm)|emph|underline|math(?:cal|bb|bf|rm|sf))\{)"
    r"|(?<=\{)(?=(?:bf|em|tt|sc) )"
)

# What typewriters' signs stand for in TeX.  Addresses and formulas that were kept are left alone.
_TYPED = re.compile(
    r"https?://\S+|\$[^$]*\$"
    r"|``(?=\S)(?P<double>[^`]{1,500}?)(?:''|\")"
    r"|(?<![\w`'])`(?=\S)(?P<single>[^`']{1,500}(?:'\w[^`']{0,500})*)'(?![\w`'])"
    r"|(?<=[\w.,;:?!)\]\"'%”’×°])(?P<close>---?)(?=[\w(\[\"'“‘\\$])"
    r"|(?<=\s)(?P<apart>---?)(?=\s)"
)


def to_unicode(text: str) -> str:
    """Return `text` with its TeX read: mathematics, accents, styles, quotes, dashes.

    Never raises.  `$...$` is mathematics only if it is balanced and not money.  A macro that
    is not known stays, within mathematics together with its formula; so does all other text.
    """
    if not _SIGN.search(text):
        return text
    source = _BARE.sub(r"\\", text)
    return _TYPED.sub(_typed, Reader(source).text(0, len(source)))


def _typed(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "double":
            return f"“{found['double']}”"
        case "single":
            return f"‘{found['single']}’"
        case "close" | "apart":
            return "—" if len(found[0]) == 3 else "–"
    return found[0]
