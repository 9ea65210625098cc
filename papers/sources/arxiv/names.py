"""Authors as arXiv writes them.  Pure functions.  TeX in a name is left as it is."""

from __future__ import annotations

import re

_AND = re.compile(r"\s*(?:,\s*and\s|,|;|\sand\s|\s&\s)\s*")
_SUFFIX = re.compile(r"(?:jr|sr|i{2,3}|iv|v)\.?", re.IGNORECASE)


def split(line: str) -> tuple[str, ...]:
    """Split "Ada Pond (Pond Institute), Bo Boat, Jr. and Cy Canoe" into names.

    Affiliations in brackets are left out; a colon ends the name of a collaboration; a comma
    inside braces, as in TeX, separates nothing.
    """
    found: list[str] = []
    for part in _parts(_without_brackets(line)):
        if found and _SUFFIX.fullmatch(part):
            found[-1] = f"{found[-1]}, {part}"
        else:
            found.extend(name for piece in part.split(": ") if (name := piece.strip(" :")))
    return tuple(found)


def join(*, forenames: str, keyname: str, suffix: str = "") -> str:
    """Put a name together; a collaboration has a key name only."""
    return " ".join(part for part in (forenames, keyname, suffix) if part)


def turn(name: str) -> str:
    """Turn "Pond, Ada" into "Ada Pond"; anything else stays."""
    keyname, comma, forenames = name.partition(",")
    if not comma or "," in forenames:
        return name
    return join(forenames=forenames.strip(), keyname=keyname.strip())


def _parts(line: str) -> list[str]:
    """Split at commas, semicolons and "and", as far as they stand outside of braces."""
    parts = [""]
    position = 0
    for found in _AND.finditer(line):
        parts[-1] += line[position : found.start()]
        position = found.end()
        if parts[-1].count("{") > parts[-1].count("}"):
            parts[-1] += found[0]
        else:
            parts.append("")
    parts[-1] += line[position:]
    return [part.strip() for part in parts if part.strip()]


def _without_brackets(line: str) -> str:
    kept, depth = [], 0
    for char in line:
        if char == "(":
            depth += 1
        elif char == ")" and depth:
            depth -= 1
            kept.append(" ")
        elif not depth:
            kept.append(char)
    if depth:  # never closed: rather an odd name than none
        return line
    return " ".join("".join(kept).split())
