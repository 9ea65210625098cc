"""Checks of what the mail says, in both parts.  Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from newsletter.columns import columns
from newsletter.lint.reading import Mail
from newsletter.lint.terms import Site, hard, of_html, soft

ENOUGH = 0.6  # of the HTML's words are in the text
PREHEADER = (40, 110)  # characters
PADDING = 20  # characters after it, so that no program shows the page's first words
INVISIBLE = dict.fromkeys(map(ord, "\u034f\u2007\u00a0\u00ad\u200b\u200c\u200d\ufeff\u2060"), " ")
# Patterns begin with plain characters, which is ten times as fast: what is before comes after.
WHYS = (
    re.compile(r"ou (?<=\b[Yy]ou )(get|receive|are getting|are receiving) \S+( \S+)? because\b"),
    re.compile(r"bekommst \S+ \S+, weil\b"),
    re.compile("你收到[^。]{1,20}是因为"),
)
FIRST_LINK = re.compile(r"^ *\[\d+\.1\] [^:\n]+: (https?://\S+)$", re.MULTILINE)
NUMBER = re.compile(r"\d+\s*[.)]\s*")
# How a mark begins, which is quickly looked for -> all of it.
MARKS = {
    "{{": re.compile(r"\{\{.*?\}\}"),
    "{%": re.compile(r"\{%.*?%\}"),
    "{#": re.compile(r"\{#.*?#\}"),
    "<%": re.compile(r"<%.*?%>"),
    "[[": re.compile(r"\[\[.*?\]\]"),
    "*|": re.compile(r"\*\|.*?\|\*"),
    "%recipient": re.compile(r"%recipient\S*"),
    **{word: re.compile(rf"{word}\b(?<!\w{word})") for word in ("None", "undefined", "nan", "NaN")},
}


def titles(mail: Mail) -> list[tuple[str, str]]:
    """(title, address) of what stands in the HTML's headings below the first.

    In a text alone a paper is known by the first of its numbered links.
    """
    if mail.is_plain:
        return [(url, url) for url in FIRST_LINK.findall(mail.text)]
    linked = [(link.text, link.href) for link in mail.page.links if link.is_title]
    shown = {" ".join(text.split()) for text, _ in linked}
    plain = [(NUMBER.sub("", text, count=1), "") for text in mail.page.headings]
    bare = [(text, url) for text, url in plain if not any(title in text for title in shown)]
    return [(" ".join(text.split()), url) for text, url in linked] + bare


def two_equal_parts(mail: Mail, site: Site) -> Iterator[str]:
    kinds = [part.kind for part in mail.parts]
    if mail.is_plain:
        if not mail.flat_text:
            yield "it is empty"
        return
    if mail.kind != "multipart/alternative" or kinds != ["text/plain", "text/html"]:
        yield f"it is {mail.kind} of {', '.join(kinds)}"
        return
    said, shown = len(mail.text.split()), len(mail.page.visible.split())
    if not said or said < ENOUGH * shown:
        yield f"the text has {said} words and the HTML {shown}"
    for title, _ in titles(mail):
        if title not in mail.flat_text and title.casefold() not in mail.flat_text.casefold():
            yield f"the text has no {title[:60]!r}"
    urls = {link.href for link in mail.page.links if not site.is_ours(link.href)}
    if missing := sorted(url for url in urls if url not in mail.text):
        yield f"the text has no {missing[0]}, and {len(missing) - 1} more"


def _parts(mail: Mail) -> Iterator[tuple[str, str]]:
    yield "text", mail.flat_text
    if not mail.is_plain:
        yield "HTML", mail.page.visible


def postal_address(mail: Mail, site: Site) -> Iterator[str]:
    wanted = " ".join(site.postal_address.split())
    for name, text in _parts(mail):
        if wanted not in text:
            yield f"the {name} does not"


def says_why(mail: Mail, site: Site) -> Iterator[str]:
    for name, text in _parts(mail):
        if not any(why.search(text) for why in WHYS):
            yield f"the {name} does not"


def preheader(mail: Mail, site: Site) -> Iterator[str]:
    hidden = mail.page.hidden
    said = " ".join(hidden.translate(INVISIBLE).split())
    low, high = PREHEADER
    if columns(said) < low or len(said) > high:  # a Chinese character says as much as two
        yield f"it has {len(said)} characters"
    if said == " ".join(mail.decoded("subject").split()):
        yield "it says what the subject says"
    if sum(c in "\u034f\u2007\u00ad\u200c\ufeff" for c in hidden) < PADDING:
        yield "nothing pads it"


def no_leftover_marks(mail: Mail, site: Site) -> Iterator[str]:
    """What stands in papers is theirs: LaTeX is full of braces."""
    for name, text in (
        ("subject", mail.decoded("subject")),
        ("text", mail.flat_text),
        ("HTML", mail.page.visible),
    ):
        marks = [
            mark
            for start, all_of in MARKS.items()
            if start in text
            for mark in all_of.findall(text)
        ]
        left = {mark[:40] for mark in marks if mark not in mail.quoted}
        if left:
            yield f"the {name} has {', '.join(sorted(left))}"


def no_paper_twice(mail: Mail, site: Site) -> Iterator[str]:
    found = titles(mail)
    for values in ([title for title, _ in found], [url for _, url in found if url]):
        yield from (f"{value[:60]!r} is" for value, n in Counter(values).items() if n > 1)


def clean_characters(mail: Mail, site: Site) -> Iterator[str]:
    for part in mail.parts:
        if part.charset != "utf-8" or not part.is_valid:
            yield f"{part.kind} is not UTF-8"
        elif "\ufffd" in part.text:
            yield f"{part.kind} has U+FFFD"
        elif not unicodedata.is_normalized("NFC", part.text):
            yield f"{part.kind} is not in NFC"


CHECKS = (
    hard(15, "text and HTML say the same", two_equal_parts),
    soft(18, "both parts hold the postal address", postal_address),
    soft(19, "both parts say why the reader gets it", says_why),
    soft(20, "the preheader is {} to {} characters, padded".format(*PREHEADER), of_html(preheader)),
    hard(31, "no mark of a template is left", no_leftover_marks),
    hard(32, "no paper is there twice", no_paper_twice),
    soft(33, "both parts are UTF-8 in NFC", clean_characters),
)
