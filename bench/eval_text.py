"""What becomes of the titles, abstracts and names of real papers, counted.

`python bench/eval_text.py FOLDER`: all that FOLDER holds of arXiv's and Hugging Face's answers
(`*.jsonl.gz`, `hf_daily_papers_raw/`, `papers_page*.txt`, `arxiv_*/*.xml`).  Exit status 1
if reading a text failed, a plain word was lost, or a text changes when it is read again.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unicodedata import normalize

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

# ruff: noqa: E402  # the folder of the project first
from defusedxml import ElementTree

from bench import figures
from papers.tex.macros import is_known
from papers.tex.symbols import GREEK, SYMBOLS, TEXT_ACCENTS
from papers.text import clean, readable, title_key

LIMIT = 30_000
SHOWN = 25

MACRO = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
# A word is two letters or more.  No words are: the names of macros, also where a source left
# them without their backslash; keys, colours and numbers that only macros read.
NO_WORDS = re.compile(
    r"\\(?:(?:text)?color|begin|end|label|unicode)(?:\[\w*\])?\{[^{}]*\}|\\mkern-?\d+mu"
    r"|\\[A-Za-z]\{(?:" + "|".join(name[1:] for name in SYMBOLS) + r")\}"
    r"|\{(?:" + "|".join([*GREEK, "times", "sim", "pm", "approx", "deg"]) + r")\}"
    r"|\\[A-Za-z]+"
    r"|(?<![A-Za-z])(?:text(?:bf|it|tt|sc|sf|rm)|emph|underline|math(?:cal|bb|bf|rm|sf))(?=\{)"
    r"|(?<=\{)(?:bf|em|tt|sc)(?= )"
)
WORD = re.compile(r"[^\W\d_]{2,}")
ADDRESS = re.compile(r"https?://([^\s{}\\$]+)")


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) for all papers; kinds are "title", "abstract" and "author"."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield from _of_paper(json.loads(line))
    for path in sorted(folder.glob("hf_daily_papers_raw/*.json")):
        answer = json.loads(path.read_text())
        for item in answer if isinstance(answer, list) else answer.get("data", ()):
            record = ast.literal_eval(item) if isinstance(item, str) else item
            yield from _of_paper(record.get("paper", {}))
    for path in sorted(folder.glob("papers_page*.txt")):
        yield from (("abstract", line) for line in path.read_text().splitlines())
    for path in sorted(folder.glob("arxiv_*/*.xml")):
        yield from _of_xml(path)


KINDS = {
    "title": "title", "summary": "abstract", "description": "abstract", "name": "author",
    "creator": "author",
}  # fmt: skip


def _of_paper(paper: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "title", paper.get("title") or ""
    yield "abstract", paper.get("summary") or ""
    for author in paper.get("authors") or ():
        yield "author", author if isinstance(author, str) else author.get("name") or ""


def _of_xml(path: Path) -> Iterator[tuple[str, str]]:
    for element in ElementTree.parse(path).iter():
        if element.text and (kind := KINDS.get(element.tag.rpartition("}")[2])):
            yield kind, element.text


def lost_words(source: str, shown: str) -> list[str]:
    """Return the plain words that `source` has more often than `shown`.

    An address counts as a whole, and once, because a link that shows its address is one.
    """
    plain = NO_WORDS.sub(" ", source)
    wanted, there = Counter(WORD.findall(_letters(ADDRESS.sub(" ", plain)))), _letters(shown)
    lost = [word for word, count in wanted.items() if there.count(word) < count]
    addresses = (address.rstrip("/.,;:)]'") for address in ADDRESS.findall(plain))
    return lost + [address for address in addresses if address not in shown]


def _letters(text: str) -> str:
    return re.sub(r"[\u0300-\u036f]", "", normalize("NFKD", text))


def macros(text: str) -> Iterator[tuple[str, bool]]:
    r"""Yield the macros of a text, and whether they are known; "\3" and "\method" are none."""
    for name in MACRO.findall(text):
        is_sign = not name.isalpha() or name in TEXT_ACCENTS
        yield f"\\{name}", (is_sign and not name.isdigit()) or is_known(name)


def main() -> int:
    found = Counter(texts(Path(sys.argv[1])))
    started = time.process_time()
    read = {key: readable(key[1], limit=LIMIT) for key in found}
    seconds = time.process_time() - started
    papers = sum(kind == "title" for kind, _ in found)
    sys.stdout.write(
        f"{figures.machine()}\n{sum(found.values()):,} texts, {len(found):,} different, "
        f"of {papers:,} papers\n"
        f"{1000 * seconds / papers:.2f} s of CPU for the texts of 1,000 papers\n\n"
    )
    _show_signs(read)
    _show_macros(found)
    return _show_faults(read)


def _show_signs(read: dict[tuple[str, str], str]) -> None:
    sys.stdout.write("texts with       ")
    sys.stdout.write("".join(f"{kind + 's':>24}" for kind in ("title", "abstract", "author")))
    for sign in ("\\", "$", "{", "~", "``", "--"):
        sys.stdout.write(f"\n{sign:16}")
        for kind in ("title", "abstract", "author"):
            before = sum(sign in text for of, text in read if of == kind)
            after = sum(sign in shown for (of, _), shown in read.items() if of == kind)
            sys.stdout.write(f"{f'{before:,} -> {after:,}':>25}")
    left = Counter(
        excerpt
        for shown in read.values()
        for excerpt in re.findall(r"\\(?:[A-Za-z]+|.)|\$[^\d\s]?|.?\{", shown)
    )
    sys.stdout.write("\n\nleft, most often: ")
    sys.stdout.write(", ".join(f"{sign} {count}" for sign, count in left.most_common(SHOWN)))


def _show_macros(found: Counter[tuple[str, str]]) -> None:
    used = Counter(use for _, text in found for use in macros(text))
    known = {name: count for (name, is_one), count in used.items() if is_one}
    total, kinds = sum(used.values()), len(used)
    sys.stdout.write(
        f"\n\nmacros: {sum(known.values()):,} of {total:,} uses known "
        f"({sum(known.values()) / total:.1%}), {len(known)} of {kinds} names\n"
    )
    unknown = Counter({name: count for (name, is_one), count in used.items() if not is_one})
    line = ", ".join(f"{name} {count}" for name, count in unknown.most_common(SHOWN))
    sys.stdout.write(f"unknown, most often: {line}\n\n")


def _show_faults(read: dict[tuple[str, str], str]) -> int:
    lost = {key: words for key, shown in read.items() if (words := lost_words(key[1], shown))}
    moving = [shown for shown in read.values() if readable(shown, limit=LIMIT) != shown]
    dirty = [shown for shown in read.values() if clean(shown, limit=LIMIT) != shown]
    keys = [
        title
        for (kind, title), shown in read.items()
        if kind == "title" and title_key(title_key(shown)) != title_key(shown)
    ]
    sys.stdout.write(
        f"words lost in {len(lost)} texts, {len(moving)} change when read again, "
        f"{len(dirty)} are not clean, {len(keys)} keys are not their own\n"
    )
    for (_, source), words in list(lost.items())[:SHOWN]:
        sys.stdout.write(f"lost: {words} of {source[:200]!r}\n")
    return int(bool(lost or moving or dirty or keys))


if __name__ == "__main__":
    sys.exit(main())
