"""The subject codes of arXiv: which there are, what they are called, which mean the same."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TAXONOMY = Path(__file__).parent / "data" / "arxiv_taxonomy.json"


@dataclass(frozen=True, slots=True)
class Category:
    """One subject, such as cs.CL "Computation and Language" of the group "Computer Science"."""

    code: str
    name: str
    group: str
    archive: str  # the name of what stands before the dot: "Computer Science"


def normal(code: str) -> str:
    """Return the code under which arXiv keeps this subject today; "" for an unknown one.

    math.MP and math-ph are one subject, and chao-dyn went on as nlin.CD: counted apart, one
    paper would count twice, and a topic would miss half of its papers.
    """
    code = code.strip()
    code = _aliases().get(code, code)
    return code if code in categories() else ""


def normals(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the known codes, each once, in their order."""
    return tuple(dict.fromkeys(filter(None, map(normal, codes))))


def spelt_out(subject: str) -> str:
    """Return the code of a subject as OAI's Dublin Core spells it; "" for an unknown one.

    "Computer Science - Computation and Language" is cs.CL, "Quantum Physics" is quant-ph.
    """
    return _codes().get(" ".join(subject.split()).casefold(), "")


@cache
def categories() -> dict[str, Category]:
    """Return every category that was ever in use, by code; old ones and aliases, too."""
    archives = _file()["archives"]
    found = {}
    for code, name in _file()["categories"].items():
        archive = archives[code.partition(".")[0]]
        found[code] = Category(code, name, group=archive["group"], archive=archive["name"])
    return found


@cache
def _aliases() -> dict[str, str]:
    aliases: dict[str, str] = _file()["aliases"]
    return aliases


@cache
def _codes() -> dict[str, str]:
    found = {}
    for category in categories().values():
        is_whole = "." not in category.code  # an archive that is its own only category
        name = category.name if is_whole else f"{category.archive} - {category.name}"
        found[name.casefold()] = normal(category.code)
    return found


@cache
def _file() -> dict[str, dict]:  # type: ignore[type-arg]
    return json.loads(TAXONOMY.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
