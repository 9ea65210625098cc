"""What a macro and its arguments become."""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import category, normalize

from papers.tex.call import Call
from papers.tex.shapes import bracketed, script, styled
from papers.tex.symbols import (
    ALPHABETS,
    CITATIONS,
    FUNCTIONS,
    LENGTHS,
    LETTERS,
    MATH_ACCENTS,
    SILENT,
    SPACES,
    STYLES,
    SYMBOLS,
    TEXT_STYLES,
)
from papers.tex.terms import Read, Strange

_LENGTH = re.compile(r"\*?(?:\s*\{[^{}]*\}|\s*-?[\d.]+\s*(?:mu|em|ex|pt|px|cm|mm|in)?)?")
_OPTIONS = re.compile(r"\*?(?:\s*\[[^\][{}$]*\])*")
_ROOT = re.compile(r"\s*\[(\w+)\]")


def is_known(name: str) -> bool:
    return name in _READERS


def read(call: Call) -> Read:
    """Return what a macro stands for, and where reading goes on; raise `Strange`."""
    if call.name not in _READERS:
        raise Strange
    return _READERS[call.name](call)


def address(source: str) -> str:
    """Return a web address without TeX's backslashes."""
    return re.sub(r"\\([_%#&~])", r"\1", source)


def link(target: str, label: str) -> str:
    """Return the label of a link with the address behind it, unless they say the same."""
    target, label = address(target.strip()), label.strip()
    there, said = _bare_address(target), _bare_address(label)
    if said == there:
        return label if "://" in label else target
    if there in label:
        return label
    return f"{label} ({target})" if label else target


def _bare_address(text: str) -> str:
    return (text.partition("://")[2] or text).rstrip("/.")


def _symbol(call: Call) -> Read:
    symbol = SYMBOLS[call.name]
    if symbol[-1:] == call.next == "." and len(symbol) > 1:
        return symbol, call.after + 1
    # A space ends the name.  Authors leave one on either side if they mean one to be seen.
    is_loose = not call.is_math or call.before.endswith(" ")
    return symbol, call.skip(r"\{\}" if is_loose else r"\{\}|\s+")


def _letter(call: Call) -> Read:
    return LETTERS[call.name], call.skip(r"\{\}|\s+(?=[a-z])")


def _silence(call: Call) -> Read:
    return "", call.skip(r"\.|\s+" if call.name in {"left", "right"} else r"\{\}|\s+")


def _space(call: Call) -> Read:
    return " ", call.skip(r"\{\}")


def _length(call: Call) -> Read:
    return " " if call.name == "hspace" else "", call.skip(_LENGTH)


def _function(call: Call) -> Read:
    if call.name == "deg" and (not call.is_math or call.before[-1:].isdigit()):
        return "°", call.skip(r"\{\}")
    start = " " if call.before[-1:].isalnum() or call.before[-1:] == ")" else ""
    behind = call.skip(r"\*?(?:\{\}|\s+)?" if call.is_math else r"\{\}")
    follows = call.reader.source[behind : min(behind + 1, call.end)]
    gap = " " if call.is_math and (follows.isalnum() or follows == "\\") else ""
    return f"{start}{call.name}{gap}", behind


def _style(call: Call) -> Read:
    kind = "t" if call.name in TEXT_STYLES else "m"
    (content,), behind = call.arguments(kind, at=call.skip(r"\*"))
    return content, behind


def _math_accent(call: Call) -> Read:
    (content,), behind = call.arguments("m")
    is_letter = len(content) == 1 and content.isalpha()
    return normalize("NFC", content + MATH_ACCENTS[call.name]) if is_letter else content, behind


def _alphabet(call: Call) -> Read:
    (content,), behind = call.arguments("m")
    return styled(call.name, content), behind


def _fraction(call: Call) -> Read:
    (above, below), behind = call.arguments("mm")
    return f"{bracketed(above)}/{bracketed(below)}", behind


def _root(call: Call) -> Read:
    degree = _ROOT.match(call.reader.source, call.after, call.end)
    (content,), behind = call.arguments("m", at=degree.end() if degree else None)
    return f"{script('^', degree[1]) if degree else ''}√{bracketed(content)}", behind


def _binomial(call: Call) -> Read:
    (above, below), behind = call.arguments("mm")
    return f"({above} choose {below})", behind


def _stack(call: Call) -> Read:
    (small, base), behind = call.arguments("mm")
    return base + script("_" if call.name == "underset" else "^", small), behind


def _long_arrow(call: Call) -> Read:
    (small,), behind = call.arguments("m", at=call.skip(_OPTIONS))
    return ("→" if "right" in call.name else "←") + script("^", small), behind


def _remainder(call: Call) -> Read:
    (content,), behind = call.arguments("m")
    return f" (mod {content})", behind


def _negation(call: Call) -> Read:
    (content,), behind = call.arguments("m")
    return normalize("NFC", f"{content[:1]}\u0338{content[1:]}"), behind


def _raised(call: Call) -> Read:
    (content,), behind = call.arguments("t")
    if content in {"TM", "®", "©"}:
        return content.replace("TM", "™"), behind
    return script("_" if call.name == "textsubscript" else "^", content), behind


def _link(call: Call) -> Read:
    (target, label), behind = call.arguments("st")
    is_away = call.name == "href" or "://" in target
    return link(target, label) if is_away else label, behind


def _address(call: Call) -> Read:
    (target,), behind = call.arguments("s")
    return address(target), behind


def _note(call: Call) -> Read:
    (content,), behind = call.arguments("t", at=call.skip(_OPTIONS))
    return f" ({content.strip()})", behind


def _citation(call: Call) -> Read:
    start = call.skip(_OPTIONS)
    (key,), behind = call.arguments("s", at=start)
    notes = re.findall(r"\[([^\]]+)\]", call.reader.source[call.after : start])
    return f"[{', '.join([*notes, key])}]", behind


def _coloured(call: Call) -> Read:
    (_, content), behind = call.arguments("sm", at=call.skip(_OPTIONS))
    return content, behind


def _left_out(call: Call) -> Read:
    _, behind = call.arguments("s", at=call.skip(_OPTIONS))
    return "", behind


def _quotation(call: Call) -> Read:
    (content,), behind = call.arguments("t", at=call.skip(r"\*"))
    return f"“{content}”", behind


def _code_point(call: Call) -> Read:
    (number,), behind = call.arguments("s")
    try:
        char = chr(int(number[1:], 16) if number[:1] in {"x", '"'} else int(number))
    except (ValueError, OverflowError) as error:
        raise Strange from error
    if category(char)[0] == "C":
        raise Strange
    return char, behind


_READERS: dict[str, Callable[[Call], Read]] = {
    name: reader
    for reader, names in (
        (_symbol, SYMBOLS),
        (_letter, LETTERS),
        (_silence, SILENT),
        (_space, SPACES),
        (_length, LENGTHS),
        (_function, FUNCTIONS),
        (_style, STYLES | TEXT_STYLES),
        (_math_accent, MATH_ACCENTS),
        (_alphabet, ALPHABETS),
        (_citation, CITATIONS),
        (_fraction, ("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac")),
        (_root, ("sqrt",)),
        (_binomial, ("binom", "dbinom", "tbinom")),
        (_stack, ("stackrel", "overset", "underset")),
        (_long_arrow, ("xrightarrow", "xleftarrow")),
        (_remainder, ("pmod",)),
        (_negation, ("not",)),
        (_raised, ("textsuperscript", "textsubscript")),
        (_link, ("href", "hyperlink", "hypertarget")),
        (_address, ("url", "nolinkurl", "path")),
        (_note, ("footnote", "footnotetext", "thanks")),
        (_coloured, ("textcolor", "colorbox", "scalebox", "resizebox", "raisebox")),
        (_left_out, ("color", "begin", "end", "label", "vphantom", "hphantom")),
        (_quotation, ("enquote", "textquote", "say")),
        (_code_point, ("unicode",)),
    )
    for name in names
}
