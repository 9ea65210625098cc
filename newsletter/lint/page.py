"""Read the HTML of a mail strictly: what is not plainly markup or text is unreadable.  Pure.

A browser repairs what is broken, and each repairs it another way.  We write this HTML, so it
must need no repair; and four kilobytes of it must not take a millisecond.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from types import MappingProxyType

from newsletter.lint.colours import Look, Style, look_of, root, styled

TOKEN = re.compile(
    r"<!--(?P<comment>.*?)-->"
    r"|<(?P<end>/?)(?P<name>[a-zA-Z][\w:-]*)(?P<rest>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>"
    r"|<!(?i:doctype)[^<>]*>",
    re.DOTALL,
)
ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>=]+)))?")
CSS = re.compile(r"<style[^<>]*>([^<]*)</style>", re.IGNORECASE)
VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    ]
)
INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "code",
        "em",
        "font",
        "i",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "u",
        "wbr",
    ]
)
UNSEEN = frozenset({"style", "title", "script", "noscript", "template"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


@dataclass(frozen=True, eq=False, slots=True)
class Tag:
    """A start tag.  The same object for the same source, so that it can be remembered."""

    source: str
    name: str  # in small letters
    attributes: Mapping[str, str]  # names in small letters, values unescaped
    style: str  # in small letters, without spaces
    look: Look

    def get(self, name: str) -> str:
        """The value of an attribute without outer space; empty if it has none."""
        return self.attributes.get(name, "").strip()


@dataclass(slots=True)
class Link:
    href: str
    at: int  # characters of HTML before it
    is_hidden: bool
    is_title: bool  # it stands in a heading
    text: str = ""
    has_picture: bool = False


@dataclass(slots=True)
class Page:
    """What stands in a piece of HTML."""

    tags: dict[str, Tag] = field(default_factory=dict)  # source -> tag: equal ones once
    count: dict[str, int] = field(default_factory=dict)  # name -> how many
    links: list[Link] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    styles: set[Style] = field(default_factory=set)  # those that visible text is shown in
    visible: str = ""  # the text that is seen, with single spaces
    hidden: str = ""  # the text of elements that are not displayed: the preheader
    comments: list[str] = field(default_factory=list)
    css: str = ""
    unreadable: list[str] = field(default_factory=list)

    def named(self, *names: str) -> list[Tag]:
        return [tag for tag in self.tags.values() if tag.name in names]


@lru_cache(maxsize=20_000)
def read_tag(source: str, name: str, rest: str) -> Tag:
    """Read one start tag; of two attributes of one name the first counts, as in a browser."""
    found: dict[str, str] = {}
    for attribute, *values in ATTRIBUTE.findall(rest):
        found.setdefault(attribute.lower(), plain("".join(values)))
    style = without_spaces(found.get("style", ""))
    look = look_of(
        name,
        found.get("class", ""),
        found.get("id", ""),
        style,
        (found.get("color", "") if name == "font" else "", found.get("bgcolor", "")),
        "hidden" in found,
    )
    return Tag(source, name, MappingProxyType(found), style, look)


@lru_cache(maxsize=20_000)
def plain(source: str) -> str:
    """Text without character references."""
    return unescape(source) if "&" in source else source


@lru_cache(maxsize=20_000)
def without_spaces(style: str) -> str:
    return "".join(style.lower().split())


class _Reader:
    """Walks over the tokens of one page."""

    def __init__(self, html: str) -> None:
        self.page = Page(css="\n".join(CSS.findall(html)))
        self.open: list[tuple[str, Style]] = []
        self.style = self.root = root(self.page.css)
        self.unseen = 0  # open elements whose text is nowhere shown
        self.link: Link | None = None
        self.heading: list[str] | None = None
        self.visible: list[str] = []
        self.hidden: list[str] = []

    def read(self, html: str) -> Page:
        at = 0
        for token in TOKEN.finditer(html):
            if token.start() > at:
                self.words(html[at : token.start()])
            at = token.end()
            comment, end, name, rest = token.groups()
            if end:
                self.close(name.lower())
            elif name:
                self.start(token, name.lower(), rest)
            elif comment is not None:
                self.comment(comment)
        self.words(html[at:])
        self.page.visible = " ".join("".join(self.visible).split())
        self.page.hidden = "".join(self.hidden)
        self.page.unreadable += [f"<{name}> is not closed" for name, _ in self.open]
        return self.page

    def comment(self, comment: str) -> None:
        if comment.startswith((">", "->")):
            self.page.unreadable.append(f"a comment that ends at once: {comment[:30]!r}")
        self.page.comments.append(comment)

    def start(self, token: re.Match[str], name: str, rest: str) -> None:
        page, source = self.page, token[0]
        if (tag := page.tags.get(source)) is None:
            tag = page.tags[source] = read_tag(source, name, rest)
        if name not in INLINE:
            self.visible.append(" ")
        page.count[name] = page.count.get(name, 0) + 1
        style = styled(self.style, tag.look)
        if tag.name == "a":
            is_title = self.heading is not None
            self.link = Link(tag.get("href"), token.start(), style.is_hidden, is_title)
            page.links.append(self.link)
        elif tag.name == "img" and self.link:
            self.link.has_picture = True
        elif tag.name in HEADINGS:
            self.heading = []
        if tag.name not in VOID:
            self.open.append((tag.name, self.style))
            self.style = style
            self.unseen += tag.name in UNSEEN

    def close(self, name: str) -> None:
        if name not in INLINE:
            self.visible.append(" ")
        if not self.open or self.open[-1][0] != name:
            self.page.unreadable.append(f"</{name}> closes nothing that is open")
            return
        self.style = self.open.pop()[1]
        self.unseen -= name in UNSEEN
        if name == "a":
            self.link = None
        elif name in HEADINGS and self.heading is not None:
            self.page.headings.append(" ".join("".join(self.heading).split()))
            self.heading = None

    def words(self, source: str) -> None:
        if self.unseen or not source or source.isspace():
            if not self.unseen:
                self.visible.append(" ")
            return
        if "<" in source:
            self.page.unreadable.append(f"a stray < in {source.strip()[:30]!r}")
        text = plain(source)
        if self.style.is_hidden:
            self.hidden.append(text)
            return
        self.visible.append(text)
        if not text.isspace():
            self.page.styles.add(self.style)
        if self.link:
            self.link.text += text
        if self.heading is not None:
            self.heading.append(text)


def read_page(html: str) -> Page:
    """Read HTML; what a browser would have to repair is in `Page.unreadable`."""
    return _Reader(html).read(html)
