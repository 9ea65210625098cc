"""Reads TeX: text, the formulas in it, the text in those."""

from __future__ import annotations

import re
from collections.abc import Callable

from papers.tex import accents, macros
from papers.tex.call import Call
from papers.tex.money import is_formula
from papers.tex.shapes import bracketed, script
from papers.tex.symbols import GREEK, SYMBOLS, TEXT_ACCENTS
from papers.tex.terms import Read, Reading, Strange

DEEPEST = 12  # groups within groups; deeper ones stay as they are

_TOKEN = re.compile(
    r"(?P<url>https?://(?:[^\s{}\\$]|\\[_%#&~])+)"
    r"|(?P<macro>\\(?:[A-Za-z]+|.))"
    r"|(?P<sign>[${}~^_])"
    r"|(?P<plain>[^\\${}~^_h]+|.)",
    re.DOTALL,
)
_MACRO = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
_DOLLAR = re.compile(r"(?:[^\\$]|\\.)*?(\$\$?)", re.DOTALL)
_POWER = re.compile(r"(?<=[^\W_]|[)\]}])\^(-?\d+)(?!\.?\d)")  # "CoRe^2": TeX without its signs
_PLAIN_MATH = re.compile(r"[^\\{}^_$~&']+")

_SPACES = frozenset(" ,;:>\n\t")
_NOTHING = frozenset("!-/@")
_ESCAPED = frozenset("%&#_${}")
# Some sources leave "{times}" of "{\\times}".
_LEFT_OF_MACROS = frozenset({*GREEK, "times", "sim", "pm", "approx", "deg"})


class Reader(Reading):
    """Reads one text, from its first character to its last, once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._closing = _pairs(source)
        self._depth = 0

    def text(self, start: int, end: int) -> str:
        out: list[str] = []
        while start < end:
            piece, start = self._text_piece(start, end)
            out.append(piece)
        return "".join(out)

    def math(self, start: int, end: int) -> str:
        out: list[str] = []
        while start < end:
            piece, start = self._math_piece(start, end, before="".join(out[-1:]))
            if piece:
                out.append(piece)
        return " ".join("".join(out).split())

    def span(self, at: int, end: int) -> tuple[int, int, int]:
        while at < end and self.source[at].isspace():
            at += 1
        if at >= end or self.source[at] == "}":
            raise Strange
        if self.source[at] == "{":
            last = self._closing.get(at, end)
            if last >= end:
                raise Strange
            return at + 1, last, last + 1
        macro = _MACRO.match(self.source, at, end)
        after = macro.end() if macro else at + 1
        return at, after, after

    def inside(self, read: Callable[[int, int], str], start: int, end: int) -> str:
        if self._depth >= DEEPEST:
            raise Strange
        self._depth += 1
        try:
            return read(start, end)
        finally:
            self._depth -= 1

    def _text_piece(self, start: int, end: int) -> Read:
        found = _TOKEN.match(self.source, start, end)
        assert found  # noqa: S101  # every character is at least plain
        try:
            match found.lastgroup:
                case "url":
                    return self._address(found[0], found.end(), end)
                case "macro":
                    return self._text_macro(found[0][1:], found.end(), end)
                case "sign":
                    return self._text_sign(found[0], start, end)
        except Strange:
            pass
        return found[0], found.end()

    def _text_sign(self, sign: str, start: int, end: int) -> Read:
        before, after = self.source[start - 1 : start], self.source[start + 1 : start + 2]
        match sign:
            case "$":
                return self._formula(start, end)
            case "{":
                return self._text_group(start, end)
            case "~" if _joins(before, after):
                return " ", start + 1
            case "^" | "_" if after == "{":
                first, last, after_it = self.span(start + 1, end)
                return script(sign, self.inside(self.math, first, last)), after_it
            case "^" if power := _POWER.match(self.source, start, end):
                return script("^", power[1]), power.end()
        raise Strange

    def _address(self, url: str, after: int, end: int) -> Read:
        """Read an address, and the label behind it if a source left that much of a link."""
        if self.source[after : after + 1] != "{":
            return macros.address(url), after
        first, last, after = self.span(after, end)
        return macros.link(url, self.inside(self.text, first, last)), after

    def _text_group(self, start: int, end: int) -> Read:
        """Take the braces off a group that is not there to be seen."""
        first, last, after = self.span(start, end)
        content, text = self.source[first:last], self.inside(self.text, first, last)
        if content in _LEFT_OF_MACROS:
            return SYMBOLS[content], after
        before, behind = self.source[start - 1 : start], self.source[after : after + 1]
        is_in_word = behind.islower() or (before.isalpha() and not _ends_macro(self.source, start))
        is_letter = len(content) == 1 and content.isalpha() and is_in_word
        is_comma = content == "," and before.isdigit()
        is_base = content.isalnum() and behind in {"^", "_"}
        is_seen = not (content.startswith("\\") or is_letter or is_comma or is_base)
        return (f"{{{text}}}" if is_seen else text), after

    def _formula(self, start: int, end: int) -> Read:
        sign = "$$" if self.source.startswith("$$", start) else "$"
        first = start + len(sign)
        found = _DOLLAR.match(self.source, first, end)
        if found is None or found[1] != sign:
            raise Strange
        last, after = found.start(1), found.end()
        if not is_formula(self.source[first:last], after=self.source[after : after + 1]):
            raise Strange
        return self._formula_or_source(start, first, last, after)

    def _formula_or_source(self, start: int, first: int, last: int, after: int) -> Read:
        try:
            return self.inside(self.math, first, last), after
        except Strange:
            return self.source[start:after], after

    def _text_macro(self, name: str, after: int, end: int) -> Read:
        start = after - len(name) - 1
        if name in "([":
            closing = self.source.find({"(": r"\)", "[": r"\]"}[name], after, end)
            if closing < 0:
                raise Strange
            return self._formula_or_source(start, after, closing, closing + 2)
        if name == "\\":
            return self._doubled(after, end)
        if name in TEXT_ACCENTS:
            return accents.read(self, name, after, end)
        if name.isalpha() and not name.isascii():
            return name, after  # "\ü", where both were tried
        if name.isalpha() and not macros.is_known(name):
            return f"\\{name}", after + 2 * self.source.startswith("{}", after, end)
        call = Call(self, name, after, end, is_math=False, before="")
        return self._sign(name, after) or macros.read(call)

    def _sign(self, name: str, after: int) -> Read | None:
        if name in _ESCAPED:
            return name, after
        if name in _SPACES:
            return " ", after
        return ("", after) if name in _NOTHING else None

    def _doubled(self, after: int, end: int) -> Read:
        r"""Read `\\`: a line break, or the backslash of what follows, escaped once too often."""
        follows = _MACRO.match("\\" + self.source[after : min(end, after + 30)])
        if follows and (follows[1] in _ESCAPED | set("'\"`^~") or macros.is_known(follows[1])):
            return "", after - 1
        return " ", after

    def _math_piece(self, start: int, end: int, *, before: str) -> Read:
        char = self.source[start]
        if plain := _PLAIN_MATH.match(self.source, start, end):
            return plain[0], plain.end()
        match char:
            case "\\":
                return self._math_macro(start, end, before=before)
            case "{":
                first, last, after = self.span(start, end)
                content = self.inside(self.math, first, last)
                is_base = self.source[after : after + 1] in {"^", "_"}
                return (bracketed(content) if is_base and content else content), after
            case "^" | "_":
                content, after = self._argument(start + 1, end)
                return script(char, content), after
            case "'":
                return "′", start + 1
            case "~" | "&":
                return " ", start + 1
        raise Strange

    def _math_macro(self, start: int, end: int, *, before: str) -> Read:
        found = _MACRO.match(self.source, start, end)
        if found is None:
            raise Strange
        name, after = found[1], found.end()
        if name == "|":
            return "‖", after
        if name == "\\":
            return " ", after
        call = Call(self, name, after, end, is_math=True, before=before)
        return self._sign(name, after) or macros.read(call)

    def _argument(self, at: int, end: int) -> Read:
        first, last, after = self.span(at, end)
        if self.source[first : first + 1] == "\\" and last == after:
            return self._math_piece(first, end, before=" ")
        return self.inside(self.math, first, last), after


def _pairs(source: str) -> dict[int, int]:
    """Return where each group that begins somewhere ends, escaped braces left out."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for found in _BRACES.finditer(source):
        if found[0] == "{":
            opened.append(found.start())
        elif found[0] == "}" and opened:
            pairs[opened.pop()] = found.start()
    return pairs


def _ends_macro(source: str, at: int) -> bool:
    return re.search(r"\\[A-Za-z]+$", source[max(at - 30, 0) : at]) is not None


def _joins(before: str, after: str) -> bool:
    """Whether "~" between these is a space that does not break: "Fig.~3", not "~3" or "3~4"."""
    if before.isdigit() and after.isdigit():
        return False
    is_behind = before.isalnum() or before in {*".,;:)]}%$'\"…’”"}
    return is_behind and (after.isalnum() or after in {*"([{\\$\"'“‘"})
