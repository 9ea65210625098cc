"""Signs of topics in texts: phrases and arXiv categories; no database, no clock."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from unicodedata import normalize

from papers import taxonomy

# A word, or a mark that ends a phrase.  Spaces and every kind of hyphen only separate words.
_TOKEN = re.compile(r"[^\W_]+|[^\w\s\u00ad\u2010-\u2015\u2212-]|_")
# "reinforcement learning (RL)" names one thing once, so the bracket adds no evidence.
_ABBREVIATION = re.compile(r"\((?:[a-z0-9]*[A-Z]){2}\w*\)")
# How a coined name ends: "Bench" in "MathBench", "VLA" in "OpenVLA".
_NAME_END = re.compile(r"(?<=[^\W_])([A-Z][a-z]+|[A-Z]{2,})s?$")


@dataclass(frozen=True, slots=True)
class Rule:
    """What shows that a paper is about one topic.

    A phrase matches whole words in any case; hyphen, space and newline are the same, and
    the last word may take a plural "s".  One word of at most five letters, all capitals
    ("RAG"), matches only in capitals.  "*Bench" matches names that end so ("MathBench").
    """

    slug: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()  # any of these voids what the abstract alone suggests
    categories: tuple[str, ...] = ()  # arXiv codes such as "cs.RO", exact case

    @classmethod
    def of_lines(cls, slug: str, *, include: str, exclude: str, categories: str) -> Rule:
        """Build a rule from texts with one entry a line; old names of categories will do."""
        normal = taxonomy.normals(_lines(categories))
        return cls(slug, _lines(include), _lines(exclude), normal)


@dataclass(slots=True)
class Evidence:
    """All that one paper shows for one rule; counts are occurrences per phrase."""

    title: Counter[str] = field(default_factory=Counter)
    anywhere: Counter[str] = field(default_factory=Counter)
    category: str = ""
    is_excluded: bool = False

    @property
    def phrases(self) -> Counter[str]:
        """What counts: an excluding phrase leaves only the title's."""
        return self.title if self.is_excluded else self.anywhere


@dataclass(frozen=True, slots=True)
class _Sign:
    rule: int  # position in the list of rules
    phrase: str  # as the rule spells it
    is_exclude: bool


class Finder:
    """Finds the signs of rules.  Build it once: reading takes well under a millisecond.

    Phrases are read left to right and the longest wins, across all rules: the words
    "vision-language model" are no sign of a rule that asks for "language model".
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._signs: dict[str, list[_Sign]] = {}
        self._lengths: dict[str, int] = {}  # first word -> most words of a phrase
        for position, rule in enumerate(rules):
            for phrase in rule.include:
                self._learn(_Sign(position, phrase, is_exclude=False))
            for phrase in rule.exclude:
                self._learn(_Sign(position, phrase, is_exclude=True))

    def find(
        self, *, title: str, abstract: str, categories: Iterable[str] = ()
    ) -> dict[int, Evidence]:
        """Return the evidence for each rule, by its position, that has any."""
        found: dict[int, Evidence] = {}
        for text, is_title in ((title, True), (abstract, False)):
            for sign in self._read(text):
                _note(found.setdefault(sign.rule, Evidence()), sign, is_title=is_title)
        given = frozenset(categories)
        for position, rule in enumerate(self._rules):
            if shared := [code for code in rule.categories if code in given]:
                found.setdefault(position, Evidence()).category = shared[0]
        return found

    def _learn(self, sign: _Sign) -> None:
        if sign.phrase.startswith("*"):
            self._signs.setdefault(sign.phrase, []).append(sign)
            return
        words = _words(sign.phrase)
        if not words:
            return
        spelling = " ".join(words) if _is_acronym(words) else " ".join(words).casefold()
        for key in (spelling, f"{spelling}s"):
            self._signs.setdefault(key, []).append(sign)
            first = key.split(" ")[0].casefold()
            self._lengths[first] = max(self._lengths.get(first, 0), len(words))

    def _read(self, text: str) -> Iterator[_Sign]:
        words = _words(_ABBREVIATION.sub(" ", text))
        folded = [word.casefold() for word in words]
        start = 0
        while start < len(words):
            length, signs = self._longest(words, folded, start)
            yield from signs
            start += length

    def _longest(
        self, words: Sequence[str], folded: Sequence[str], start: int
    ) -> tuple[int, list[_Sign]]:
        for length in range(self._lengths.get(folded[start], 0), 0, -1):
            end = start + length
            for spelling in (words, folded):
                if signs := self._signs.get(" ".join(spelling[start:end])):
                    return length, signs
        coined = _NAME_END.search(words[start])
        return 1, self._signs.get(f"*{coined[1]}", []) if coined else []


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _words(text: str) -> list[str]:
    return _TOKEN.findall(normalize("NFKC", text))


def _is_acronym(words: Sequence[str]) -> bool:
    return len(words) == 1 and words[0].isupper() and sum(map(str.isalpha, words[0])) <= 5


def _note(evidence: Evidence, sign: _Sign, *, is_title: bool) -> None:
    if sign.is_exclude:
        evidence.is_excluded = True
        return
    evidence.anywhere[sign.phrase] += 1
    if is_title:
        evidence.title[sign.phrase] += 1
