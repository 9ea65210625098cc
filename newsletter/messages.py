"""What readers are told, as it stands in templates, in code and in the catalogue of topics.

Reads sources and no database, so that it runs wherever Python does: no xgettext is needed.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from django.template.base import Lexer, Token, TokenType
from django.utils.translation.template import templatize

APPS = ("newsletter", "papers", "subscriptions")
NOT_FOR_READERS = {"admin", "demo", "migrations", "management"}  # folders
TOPICS = Path("papers/data/topics.json")
OF_TOPICS = "topic"  # the context of their names: papers.models.topic_label

# Which arguments of a call are the context, the text and its plural.
SHAPES = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
_STRING = r"""u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_CALL = re.compile(rf"\b(\w*gettext|_)\(\s*({_STRING}(?:\s*,\s*{_STRING})*)")
PLACE = re.compile(r"%\(\w+\)[sd]")
TAG = re.compile(r"</?\w+[^>]*>")
SAID_IN = {"alt", "title", "aria-label", "placeholder", "label"}
SILENT = {"script", "style", "svg"}
WORD = re.compile(r"[^\W\d_]{2,}")
NAMES = {"arXiv", "PDF", "BibTeX", "JSON", "Atom", "HTML", "API"}  # the same in every language
BLOCKS = ("blocktranslate", "blocktrans", "comment", "verbatim")


class Message(NamedTuple):
    """One text to translate."""

    context: str
    text: str
    plural: str = ""


def found(root: Path) -> dict[Message, list[str]]:
    """Return every message below the folder of the project, and the files that have it."""
    places: dict[Message, set[str]] = defaultdict(set)
    for path in [*templates(root), *modules(root)]:
        source = path.read_text(encoding="utf-8")
        read = of_module if path.suffix == ".py" else of_template
        for message in read(source):
            places[message].add(path.relative_to(root).as_posix())
    for message in of_topics(json.loads((root / TOPICS).read_text(encoding="utf-8"))):
        places[message].add(TOPICS.as_posix())
    return {message: sorted(places[message]) for message in sorted(places)}


def templates(root: Path) -> list[Path]:
    """The templates of what readers see; MJML is only what mails are compiled from."""
    paths = (root / "templates").rglob("*.*")
    return sorted(path for path in paths if path.suffix in {".html", ".txt"} and _is_read(path))


def modules(root: Path) -> list[Path]:
    return sorted(path for app in APPS for path in (root / app).rglob("*.py") if _is_read(path))


def _is_read(path: Path) -> bool:
    return not NOT_FOR_READERS & set(path.parts)


def of_template(source: str) -> Iterator[Message]:
    """Yield what a template marks, as Django looks it up."""
    for name, written in _CALL.findall(templatize(source)):
        arguments = ast.literal_eval(f"({written},)")
        yield _message(SHAPES[name], arguments)


def of_module(source: str) -> Iterator[Message]:
    """Yield what a module marks by literal text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _name(node.func) in SHAPES:
            texts = [arg.value if isinstance(arg, ast.Constant) else None for arg in node.args]
            shape = SHAPES[_name(node.func)]
            if all(isinstance(texts[at], str) for at in shape if at is not None):
                yield _message(shape, [str(text) for text in texts])


def of_topics(rows: Sequence[Mapping[str, str]]) -> Iterator[Message]:
    for row in rows:
        yield Message(OF_TOPICS, row["name"])
        yield Message(OF_TOPICS, row["description"])


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else ""


def _message(shape: Sequence[int | None], arguments: Sequence[str]) -> Message:
    context, text, plural = ("" if at is None else arguments[at] for at in shape)
    return Message(context, text, plural)


def flaws(message: Message, told: Sequence[str], *, forms: int) -> list[str]:
    """Say what is wrong with a translation; nothing if it may be used.

    Args:
        told: the translation, or all of its plural forms.
        forms: how many of those the language has.
    """
    if not all(told) or len(told) != (forms if message.plural else 1):
        return ["it is missing"]
    wrong = []
    wanted = [_marks(message.text), _marks(message.plural or message.text)]
    if any(_marks(text) not in wanted for text in told):
        wrong.append("it has other places or tags than the original")
    if any(text != text.strip() for text in told) and message.text == message.text.strip():
        wrong.append("it begins or ends with a space")
    return wrong


def _marks(text: str) -> Counter[str]:
    return Counter(PLACE.findall(text) + TAG.findall(text))


def unmarked(source: str, *, is_html: bool) -> list[str]:
    """Return the words of a template that nobody can translate."""
    text = "".join(_outside_of_blocks(Lexer(source).tokenize()))
    if not is_html:
        return [line.strip() for line in text.splitlines() if WORD.search(line)]
    reader = _Said()
    reader.feed(text)
    reader.close()
    return reader.said


def _outside_of_blocks(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the plain text between tags; a variable counts as a digit."""
    until = ""
    for token in tokens:
        name = token.contents.split(" ", 1)[0] if token.token_type == TokenType.BLOCK else ""
        if until:
            until = "" if name == until else until
        elif name in BLOCKS:
            until = f"end{name}"
        elif token.contents == "block layout":  # a class, and no word
            until = "endblock"
        elif token.token_type == TokenType.TEXT:
            yield token.contents
        elif token.token_type == TokenType.VAR:
            yield "0"


class _Said(HTMLParser):
    """Collects what people see or hear of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = self._silent or (tag if tag in SILENT else "")
        given = dict(attrs)
        names = SAID_IN | ({"content"} if given.get("name") == "description" else set())
        self._hear(given.get(name) or "" for name in names)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._hear([data])

    def _hear(self, texts: Iterable[str]) -> None:
        said = [" ".join(text.split()) for text in texts if WORD.search(text)]
        self.said += [text for text in said if text not in NAMES]
