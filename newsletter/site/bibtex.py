"""A paper as BibTeX writes it.  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$",
    "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
SMALL = {"a", "an", "the", "on", "in", "of", "for", "to", "and", "is", "are", "how", "what"}


@dataclass(frozen=True, slots=True)
class Reference:
    """What an entry is made of."""

    title: str
    authors: Sequence[str]
    year: int | None
    arxiv_id: str  # empty if it has none
    category: str  # the first; empty if unknown


def entry(paper: Reference) -> str:
    """Return one entry, with its line end."""
    fields = {
        "title": "{" + escaped(paper.title) + "}",  # its capitals stay
        "author": " and ".join(escaped(name) for name in paper.authors),
        "year": str(paper.year or ""),
        "eprint": paper.arxiv_id,
        "archivePrefix": "arXiv" if paper.arxiv_id else "",
        "primaryClass": paper.category if paper.arxiv_id else "",
        "url": f"https://arxiv.org/abs/{paper.arxiv_id}" if paper.arxiv_id else "",
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return "@misc{" + ",\n".join([key(paper), *lines]) + "\n}\n"


def key(paper: Reference) -> str:
    """As people name papers: "vaswani2017attention"."""
    names = paper.authors[0].split() if paper.authors else []
    family = _ascii(names[-1]) if names else ""
    words = [word for word in map(_ascii, paper.title.split()) if word and word not in SMALL]
    return f"{family}{paper.year or ''}{words[0] if words else ''}" or "paper"


def escaped(text: str) -> str:
    """Signs that mean something to TeX, made to mean themselves."""
    return "".join(SPECIAL.get(sign, sign) for sign in " ".join(text.split()))


def _ascii(word: str) -> str:
    plain = normalize("NFKD", word).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.casefold())
