"""The colours that text is shown in, by light and by dark, and their contrast (WCAG 2).  Pure.

Knows what mails use: colours in `style`, `bgcolor`, and style sheets whose selectors are made
of elements, classes, ids and descent.  Other selectors speak to one mail program, and are
passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

Colour = tuple[int, int, int]  # red, green, blue, 0..255
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
NAMED: dict[str, Colour] = {
    "black": BLACK,
    "white": WHITE,
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "red": (255, 0, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
}
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
BLOCK = re.compile(r"([^{}]+)\{((?:[^{}]|\{[^{}]*\})*)\}")
COMPOUND = re.compile(r"(?P<name>[a-z][a-z0-9]*|\*)?(?P<rest>(?:[.#][\w-]+)*)")
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\([^)]*\)|\b[a-z]+\b")
HIDES = re.compile(r"display:none|visibility:hidden|mso-hide:all")


@dataclass(frozen=True, eq=False, slots=True)
class Look:
    """All of a start tag that decides how its text looks.  Made by `look_of` alone."""

    name: str
    classes: frozenset[str]
    id: str
    style: str
    color: str
    background: str
    is_hidden: bool


@lru_cache(maxsize=20_000)
def look_of(
    name: str, classes: str, identifier: str, style: str, colours: tuple[str, str], is_hidden: bool
) -> Look:
    """The one object for equal looks.  `colours` are those of attributes: of text, behind it."""
    return Look(
        name=name,
        classes=frozenset(classes.split()),
        id=identifier,
        style=style,
        color=colours[0],
        background=colours[1],
        is_hidden=is_hidden or bool(HIDES.search(style)),
    )


@dataclass(frozen=True, slots=True)
class Shades:
    """Text and what is behind it."""

    ink: Colour
    paper: Colour

    def __str__(self) -> str:
        return f"{_hex(self.ink)} on {_hex(self.paper)}"


@dataclass(frozen=True, slots=True)
class Rule:
    selector: tuple[tuple[str, frozenset[str], frozenset[str]], ...]  # (name, classes, ids)
    name: str  # "color" or "background"
    value: str
    rank: tuple[bool, int, int, int]  # (is important, ids, classes, names)


@dataclass(frozen=True, slots=True)
class Sheet:
    light: tuple[Rule, ...]
    dark: tuple[Rule, ...]  # those of light, and what comes on top


@dataclass(frozen=True, eq=False, slots=True)
class Style:
    """How text of an element looks.  Made once for equal elements in equal places."""

    sheet: Sheet
    path: tuple[Look, ...]  # from the outermost element to this one
    light: Shades
    dark: Shades
    is_hidden: bool


@lru_cache(maxsize=16)
def root(css: str) -> Style:
    """The style outside all elements of a page with this style sheet."""
    shades = Shades(BLACK, WHITE)
    return Style(read_sheet(css), (), shades, shades, False)


@lru_cache(maxsize=20_000)
def styled(parent: Style, look: Look) -> Style:
    """The style of an element inside `parent`."""
    path = (*parent.path, look)
    return Style(
        sheet=parent.sheet,
        path=path,
        light=_shades(parent.light, path, parent.sheet.light),
        dark=_shades(parent.dark, path, parent.sheet.dark),
        is_hidden=parent.is_hidden or look.is_hidden,
    )


def _shades(parent: Shades, path: tuple[Look, ...], rules: tuple[Rule, ...]) -> Shades:
    look = path[-1]
    best = {"color": ((False, -1, 0, 0), look.color), "background": (_LOWEST, look.background)}
    for rule in (*rules, *_inline(look.style)):
        if rule.rank >= best[rule.name][0] and (not rule.selector or _matches(rule, path)):
            best[rule.name] = (rule.rank, rule.value)
    ink = read_colour(best["color"][1]) or parent.ink
    return Shades(ink, read_colour(best["background"][1]) or parent.paper)


_LOWEST = (False, -1, 0, 0)


def _inline(style: str) -> Iterator[Rule]:
    """What `style` says beats every selector, unless that is important and this is not."""
    for name, value, is_important in _declarations(style):
        yield Rule((), name, value, (is_important, 1000, 0, 0))


def _declarations(body: str) -> Iterator[tuple[str, str, bool]]:
    for declaration in body.lower().split(";"):
        name, _, value = declaration.partition(":")
        name = name.strip().removesuffix("-color") if "background" in name else name.strip()
        if name in {"color", "background"}:
            yield name, value.replace("!important", "").strip(), "!important" in value


def read_sheet(css: str) -> Sheet:
    """Read a style sheet; rules of other media than screens and dark ones are passed over."""
    light: list[Rule] = []
    dark: list[Rule] = []
    for prelude, body in BLOCK.findall(COMMENT.sub("", css)):
        head = prelude.strip().lower()
        if not head.startswith("@"):
            light += _rules(head, body)
        elif head.startswith("@media") and "print" not in head:
            inner = [rule for inner in BLOCK.findall(body) for rule in _rules(*inner)]
            (dark if "prefers-color-scheme" in head and "dark" in head else light).extend(inner)
    # Equal ranks: the later rule wins, and of equal rank the dark ones are written later.
    return Sheet(tuple(light), (*light, *dark))


def _rules(selectors: str, body: str) -> Iterator[Rule]:
    declared = list(_declarations(body))
    for text in selectors.split(",") if declared else ():
        compounds = text.replace(">", " ").split()
        read = [COMPOUND.fullmatch(compound.strip()) for compound in compounds]
        if not all(read):
            continue
        selector = tuple(_compound(found) for found in read if found)
        ids = sum(len(part[2]) for part in selector)
        classes = sum(len(part[1]) for part in selector)
        names = sum(part[0] not in {"", "*"} for part in selector)
        for name, value, is_important in declared:
            yield Rule(selector, name, value, (is_important, ids, classes, names))


def _compound(found: re.Match[str]) -> tuple[str, frozenset[str], frozenset[str]]:
    marks = re.findall(r"([.#])([\w-]+)", found["rest"])
    classes = frozenset(name for kind, name in marks if kind == ".")
    return found["name"] or "", classes, frozenset(name for kind, name in marks if kind == "#")


def _matches(rule: Rule, path: tuple[Look, ...]) -> bool:
    *above, last = rule.selector
    if not _fits(last, path[-1]):
        return False
    rest = iter(reversed(path[:-1]))
    return all(any(_fits(part, look) for look in rest) for part in reversed(above))


def _fits(part: tuple[str, frozenset[str], frozenset[str]], look: Look) -> bool:
    name, classes, ids = part
    return name in {"", "*", look.name} and classes <= look.classes and ids <= {look.id}


@lru_cache(maxsize=1000)
def read_colour(value: str) -> Colour | None:
    """The first opaque colour in a value; None if there is none, or it is inherited."""
    for found in COLOUR.findall(value.lower()):
        if found.startswith("#"):
            digits = found[1:] if len(found) > 5 else "".join(c * 2 for c in found[1:])
            return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
        if found.startswith("rgb"):
            numbers = [float(n) for n in re.findall(r"[\d.]+", found)]
            if len(numbers) == 3 or (len(numbers) == 4 and numbers[3] == 1):
                return int(numbers[0]), int(numbers[1]), int(numbers[2])
        elif found in NAMED:
            return NAMED[found]
    return None


@lru_cache(maxsize=1000)
def contrast(shades: Shades) -> float:
    """The contrast ratio of WCAG 2.2, 1..21."""
    low, high = sorted((_luminance(shades.ink), _luminance(shades.paper)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    """Relative luminance of sRGB, 0..1 (WCAG 2.2, definitions)."""
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
