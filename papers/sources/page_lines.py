"""The lines of a saved page, from text or from HTML, before anybody asks what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser

from papers.sources import fields

_HTML_START = re.compile(
    r"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|main|article|section|div|h\d|p)\b",
    re.IGNORECASE | re.DOTALL,
)
_PAPER_LINK = re.compile(r"(?:https?://(?:www\.)?huggingface\.co)?/papers/([\d.]+)/?(?:[?#].*)?")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_HIDDEN = frozenset({"noscript", "script", "style", "svg", "template", "textarea", "title"})
# Markup that may occur inside a title or an abstract without ending it.
_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "br", "code", "em", "i", "img", "mark", "small", "span"}
    | {"strong", "sub", "sup", "time", "u", "wbr"}
)


@dataclass(frozen=True, slots=True)
class Line:
    """Some text that is not blank, and what the markup says of it."""

    number: int  # in the file, from 1
    text: str
    arxiv_id: str = ""  # only for a heading that links to a paper: its title for certain
    votes: int | None = None  # the same
    is_paragraph: bool = False


def is_html(text: str) -> bool:
    return _HTML_START.match(text) is not None


def is_complete(text: str) -> bool:
    """Say whether the text is HTML that was saved to its end.  Plain text cannot tell."""
    return is_html(text) and "</html>" in text[-1000:].lower()


def from_text(text: str) -> list[Line]:
    lines = ((number, line.strip()) for number, line in enumerate(text.split("\n"), start=1))
    return [Line(number, line) for number, line in lines if line]


def from_html(text: str) -> list[Line]:
    """Return the visible text, one line for each piece that is shown apart."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    parser.end_line()
    return parser.lines


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self._parts: list[str] = []
        self._number = 1  # where the open line began
        self._block = ""  # the open heading or paragraph
        self._link = ""  # the paper that the open link leads to
        self._paper = ""  # the paper that the open heading links to
        self._hidden = 0  # how many hidden elements are open
        self._votes: int | None = None  # a number in this <article> above its heading

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        if not self._stays_open(tag):
            self.end_line()
        if tag == "article":
            self._votes = None
        elif tag == "p" or tag in _HEADINGS:
            self._block, self._paper = tag, self._link
        elif tag == "a":
            found = _PAPER_LINK.fullmatch(dict(attrs).get("href") or "")
            self._link = fields.arxiv_id(found[1]) if found else ""
            self._paper = self._link or self._paper

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        if not self._stays_open(tag):
            self.end_line()
        if tag == "a":
            self._link = ""

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if not self._parts and data.strip():
            self._number = self.getpos()[0] + data[: len(data) - len(data.lstrip())].count("\n")
        if self._parts or data.strip():
            self._parts.append(data)

    def end_line(self) -> None:
        text = " ".join("".join(self._parts).split())
        paper = self._paper if self._block in _HEADINGS else ""
        if text:
            votes = self._votes if paper else None
            is_paragraph = self._block == "p"
            self.lines.append(Line(self._number, text, paper, votes, is_paragraph=is_paragraph))
            self._votes = int(text) if re.fullmatch(r"[0-9]{1,6}", text) else self._votes
        self._parts, self._block, self._paper = [], "", ""

    def _stays_open(self, tag: str) -> bool:
        return tag in _INLINE and bool(self._block)
