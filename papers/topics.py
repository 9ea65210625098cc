"""Which topics is a paper about?  Phrases and arXiv categories; no database, no clock."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from unicodedata import normalize

CUT = 0.5  # a weaker match is kept only when it is the best of its paper
MOST_TOPICS = 5  # per paper

TITLE = 0.9  # how much a phrase in the title says by itself, 0..1
CATEGORY = 0.6  # the same for an arXiv category
PHRASE = 0.3  # the same for one phrase mentioned once; one that comes again counts 1.5 times

# A word, or a mark that ends a phrase.  Spaces and every kind of hyphen only separate words.
_TOKEN = re.compile(r"[^\W_]+|[^\w\s\u00ad\u2010-\u2015\u2212-]|_")
# "reinforcement learning (RL)" names one thing once, so the bracket adds no evidence.
_ABBREVIATION = re.compile(r"\((?:[a-z0-9]*[A-Z]){2}\w*\)")


@dataclass(frozen=True, slots=True)
class Rule:
    """What shows that a paper is about one topic.

    A phrase matches whole words in any case; hyphen, space and newline are the same, and
    the last word may take a plural "s".  One word of at most five letters, all capitals
    ("RAG"), matches only in capitals.
    """

    slug: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()  # any of these voids what the abstract alone suggests
    categories: tuple[str, ...] = ()  # arXiv codes such as "cs.RO", exact case


@dataclass(frozen=True, slots=True)
class Match:
    """One topic found for one paper."""

    slug: str
    strength: float  # 0 < strength <= 1
    reason: str  # part of a sentence for the reader: 'title mentions "offline RL"'


@dataclass(frozen=True, slots=True)
class _Sign:
    rule: int  # position in the list of rules
    phrase: str  # as the rule spells it
    is_exclude: bool


@dataclass(slots=True)
class _Evidence:
    """All that one paper shows for one rule; counts are occurrences per phrase."""

    title: Counter[str] = field(default_factory=Counter)
    anywhere: Counter[str] = field(default_factory=Counter)
    category: str = ""
    is_excluded: bool = False


class Classifier:
    """Finds topics by rules.  Build it once: classifying takes well under a millisecond.

    Phrases are read left to right and the longest wins, across all rules: the words
    "vision-language model" are no sign of a rule that asks for "language model".
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._signs: dict[str, list[_Sign]] = {}
        self._lengths: dict[str, int] = {}  # first word -> most words of a phrase
        for position, rule in enumerate(self._rules):
            for phrase in rule.include:
                self._learn(_Sign(position, phrase, is_exclude=False))
            for phrase in rule.exclude:
                self._learn(_Sign(position, phrase, is_exclude=True))

    def classify(self, *, title: str, abstract: str, categories: Iterable[str] = ()) -> list[Match]:
        """Name the topics of one paper.

            strength = 1 - (1 - title) * (1 - category) * (1 - PHRASE) ** points

        where title and category are 0 when absent, and points are the distinct phrases.

        Args:
            title: plain text; line breaks and LaTeX do no harm.
            abstract: the same; may be empty.
            categories: arXiv codes, in any order.

        Returns:
            At most `MOST_TOPICS`, strongest first, ties in the order of the rules.  A paper
            whose signs are all weaker than `CUT` gets its best topic only; without any, none.
        """
        found = self._collect(title, abstract, frozenset(categories))
        matches = [_judge(self._rules[rule].slug, found[rule]) for rule in sorted(found)]
        ranked = sorted(
            (match for match in matches if match.strength > 0), key=lambda match: -match.strength
        )
        return [match for match in ranked[:MOST_TOPICS] if match.strength >= CUT] or ranked[:1]

    def _learn(self, sign: _Sign) -> None:
        words = _words(sign.phrase)
        if not words:
            return
        spelling = " ".join(words) if _is_acronym(words) else " ".join(words).casefold()
        for key in (spelling, f"{spelling}s"):
            self._signs.setdefault(key, []).append(sign)
            first = key.split(" ")[0].casefold()
            self._lengths[first] = max(self._lengths.get(first, 0), len(words))

    def _collect(
        self, title: str, abstract: str, categories: frozenset[str]
    ) -> dict[int, _Evidence]:
        found: dict[int, _Evidence] = {}
        for text, is_title in ((title, True), (abstract, False)):
            for sign in self._read(text):
                _note(found.setdefault(sign.rule, _Evidence()), sign, is_title=is_title)
        for position, rule in enumerate(self._rules):
            if shared := [code for code in rule.categories if code in categories]:
                found.setdefault(position, _Evidence()).category = shared[0]
        return found

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
        return 1, []


def _words(text: str) -> list[str]:
    return _TOKEN.findall(normalize("NFKC", text))


def _is_acronym(words: Sequence[str]) -> bool:
    return len(words) == 1 and words[0].isupper() and sum(map(str.isalpha, words[0])) <= 5


def _note(evidence: _Evidence, sign: _Sign, *, is_title: bool) -> None:
    if sign.is_exclude:
        evidence.is_excluded = True
        return
    evidence.anywhere[sign.phrase] += 1
    if is_title:
        evidence.title[sign.phrase] += 1


def _judge(slug: str, evidence: _Evidence) -> Match:
    """Weigh the evidence for one topic; strength 0 means there is none left."""
    phrases = evidence.title if evidence.is_excluded else evidence.anywhere
    points = sum(1.5 if times > 1 else 1.0 for times in phrases.values())
    doubt = (1 - PHRASE) ** points
    doubt *= 1 - TITLE if evidence.title else 1
    doubt *= 1 - CATEGORY if evidence.category else 1
    return Match(slug, strength=round(1 - doubt, 4), reason=_reason(evidence, phrases))


def _reason(evidence: _Evidence, phrases: Counter[str]) -> str:
    """Say the plainest sign: the title's, else the most frequent phrase, else the category."""
    if evidence.title:
        return f'title mentions "{next(iter(evidence.title))}"'
    if phrases:
        return f'mentions "{phrases.most_common(1)[0][0]}"'
    return f"arXiv {evidence.category}"
