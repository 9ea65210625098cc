"""Checks of the HTML: what mail programs refuse, clip, or cannot show.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from newsletter.lint.colours import Shades, contrast
from newsletter.lint.page import Tag
from newsletter.lint.reading import Mail
from newsletter.lint.terms import Site, hard, of_html, soft

TARGET, LIMIT = 80_000, 92_000  # bytes; Gmail hides what comes after about 102,000
PICTURES = 3
READABLE = 4.5  # contrast, WCAG 2.2 1.4.3
FORBIDDEN = frozenset(
    [
        "script",
        "form",
        "iframe",
        "frame",
        "object",
        "embed",
        "applet",
        "base",
        "link",
        "audio",
        "video",
        "input",
        "button",
        "select",
        "textarea",
        "svg",
        "math",
        "portal",
        "dialog",
        "template",
    ]
)
ADDRESSES = ("href", "src", "action", "background", "formaction", "srcset", "poster", "data")
ACTIVE = re.compile(r"(javascript|vbscript)\s*:", re.IGNORECASE)
REMOTE_CSS = re.compile(r"@import|@font-face|url\s*\(|expression\s*\(|behavior\s*:", re.IGNORECASE)
DATA = re.compile(r"data\s*:", re.IGNORECASE)
WIDTH = re.compile(r"max-width:(\d+)px")
MSO_WIDTH = re.compile(r"<table[^>]*\bwidth=\"(\d+)\"", re.IGNORECASE)
OUTLOOK = re.compile(r"\[if[^\]]*\bmso\b")


def fits(mail: Mail, site: Site) -> Iterator[str]:
    if (size := _size(mail)) > LIMIT:
        yield f"it has {size:,}"


def is_small(mail: Mail, site: Site) -> Iterator[str]:
    if TARGET < (size := _size(mail)) <= LIMIT:
        yield f"it has {size:,}"


def _size(mail: Mail) -> int:
    return len(mail.html.encode("utf-8", "surrogatepass"))


def described_pictures(mail: Mail, site: Site) -> Iterator[str]:
    if (count := mail.page.count.get("img", 0)) > PICTURES:
        yield f"there are {count}"
    for tag in mail.page.named("img"):
        missing = [name for name in ("width", "height") if not tag.get(name)]
        missing += ["alt"] if "alt" not in tag.attributes else []
        if missing:
            yield f"one has no {' and no '.join(missing)}"


def nothing_watches(mail: Mail, site: Site) -> Iterator[str]:
    if site.counts_opens:
        return
    for tag in mail.page.named("img"):
        if _is_speck(tag) or re.search(r"[A-Za-z0-9_-]{20,}", tag.get("src")):
            yield f"a picture that nobody sees, or of one reader: {tag.get('src')[:60]!r}"


def _is_speck(tag: Tag) -> bool:
    sizes = (tag.get("width"), tag.get("height"))
    hidden = re.search(r"display:none|visibility:hidden|opacity:0(?![.\d])", tag.style)
    tiny = re.search(r"(?<!-)\b(?:width|height):[0-3]px", tag.style)
    return bool(hidden or tiny) or any(re.fullmatch(r"[0-3](px)?", size) for size in sizes)


def nothing_runs(mail: Mail, site: Site) -> Iterator[str]:
    yield from mail.page.unreadable[:3]
    for tag in mail.page.tags.values():
        yield from _what_runs(tag)
    if _is_remote(mail.page.css):
        yield "remote style or fonts"


@lru_cache(maxsize=16)
def _is_remote(css: str) -> bool:
    return bool(REMOTE_CSS.search(css))


@lru_cache(maxsize=20_000)
def _what_runs(tag: Tag) -> tuple[str, ...]:
    wrong = {
        f"<{tag.name}>": tag.name in FORBIDDEN,
        f"an event on <{tag.name}>": any(name.startswith("on") for name in tag.attributes),
        f"an active address on <{tag.name}>": DATA.match(tag.get("href"))
        or any(ACTIVE.match(tag.get(name)) for name in ADDRESSES),
        "a page that turns itself": tag.get("http-equiv").lower() == "refresh",
        f"remote style on <{tag.name}>": REMOTE_CSS.search(tag.style),
    }
    return tuple(what for what, is_so in wrong.items() if is_so)


def says_its_language(mail: Mail, site: Site) -> Iterator[str]:
    tags = mail.page.named("html")
    for name in ("lang", "dir"):
        if not any(tag.get(name) for tag in tags):
            yield f"<html> has no {name}"


def narrow_layout(mail: Mail, site: Site) -> Iterator[str]:
    if any(tag.get("role") not in {"presentation", "none"} for tag in mail.page.named("table")):
        yield "a table has no role=presentation"
    styles = (tag.style for tag in mail.page.tags.values() if "max-width" in tag.style)
    widths = [int(width) for style in styles for width in WIDTH.findall(style)]
    if not any(600 <= width <= 640 for width in widths):
        yield "nothing has a max-width of 600 to 640 px"
    inside = " ".join(text for text in mail.page.comments if OUTLOOK.match(text))
    if not any(600 <= int(width) <= 640 for width in MSO_WIDTH.findall(inside)):
        yield "Outlook is given no width"


def knows_the_dark(mail: Mail, site: Site) -> Iterator[str]:
    named = [tag for tag in mail.page.named("meta") if tag.get("name") == "color-scheme"]
    if not any({"light", "dark"} <= set(tag.get("content").split()) for tag in named):
        yield "there is no color-scheme of light and dark"


def readable_colours(mail: Mail, site: Site) -> Iterator[str]:
    light = {style.light for style in mail.page.styles}
    dark = {style.dark for style in mail.page.styles}
    yield from (f"by light {pair}" for pair in _pale(light))
    yield from (f"by dark {pair}" for pair in _pale(dark))


def _pale(pairs: set[Shades]) -> list[str]:
    return sorted(f"{pair} ({contrast(pair):.1f})" for pair in pairs if contrast(pair) < READABLE)


def no_pictures_inside(mail: Mail, site: Site) -> Iterator[str]:
    tags = [tag for tag in mail.page.tags.values() if tag.name == "img" or "url(" in tag.style]
    if any(DATA.search(tag.get("src") + tag.style) for tag in tags) or DATA.search(mail.page.css):
        yield "one is written into the HTML"
    if any(not part.kind.startswith("text/") for part in mail.parts):
        yield "something is attached"


CHECKS = (
    hard(16, f"the HTML has at most {LIMIT:,} bytes", fits),
    soft(16, f"the HTML has at most {TARGET:,} bytes", is_small),
    soft(24, f"pictures are few (at most {PICTURES}), sized and described", described_pictures),
    hard(25, "nothing watches the reader", nothing_watches),
    hard(26, "nothing runs, loads or needs repair", nothing_runs),
    soft(27, "the HTML says its language", of_html(says_its_language)),
    soft(28, "tables are only layout, and as wide as a mail", of_html(narrow_layout)),
    soft(29, "it knows the dark", of_html(knows_the_dark)),
    soft(29, f"colours have a contrast of {READABLE}", readable_colours),
    soft(30, "no picture is inside", no_pictures_inside),
)
