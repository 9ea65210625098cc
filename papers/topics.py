"""Which topics is a paper about?  Rules, and a model that learned from them; no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp

from papers.linear import Judge, Model, Opinion
from papers.signs import Evidence, Finder, Rule

CUT = 0.5  # a weaker match is kept only when it is the best of its paper
FAINT = 0.05  # a still weaker one is none
MOST_TOPICS = 5  # per paper

TITLE = 0.9  # how much a phrase in the title says by itself, 0..1
CATEGORY = 0.6  # the same for an arXiv category
PHRASE = 0.3  # the same for one phrase mentioned once; one that comes again counts 1.5 times

# How rules and a model are joined, in log-odds; measured in docs/decisions/0010-topics.md.
RULES_SAY = 6.0  # the difference that a sure sign makes
DOUBT = 4.0  # what they must overcome together

_NOTHING = Evidence()


@dataclass(frozen=True, slots=True)
class Match:
    """One topic found for one paper."""

    slug: str
    strength: float  # 0 < strength <= 1
    reason: str  # part of a sentence for the reader: 'title mentions "offline RL"'


class Classifier:
    """Finds topics by rules, and by a model if there is one.  Build it once: it is fast."""

    def __init__(self, rules: Iterable[Rule], model: Model | None = None) -> None:
        self.rules = tuple(rules)
        self._finder = Finder(self.rules)
        self._judge = Judge(model) if model else None

    def classify(self, *, title: str, abstract: str, categories: Iterable[str] = ()) -> list[Match]:
        """Name the topics of one paper.

            strength by rules = 1 - (1 - title) * (1 - category) * (1 - PHRASE) ** points

        where title and category are 0 when absent, and points are the distinct phrases.  For
        a topic that the model knows, what both say is added up:

            log-odds of the strength = log-odds by the model + RULES_SAY * by rules - DOUBT

        where no sign counts as much as one passing mention (`PHRASE`): rules may not know
        the words.  An arXiv category is always enough, because the authors chose it.

        Args:
            title: plain text; line breaks and LaTeX do no harm.
            abstract: the same; may be empty.
            categories: arXiv codes, in any order.

        Returns:
            At most `MOST_TOPICS`, strongest first, ties in the order of the rules.  A paper
            whose signs are all weaker than `CUT` gets its best topic only; without any, none.
        """
        found = self._finder.find(title=title, abstract=abstract, categories=categories)
        opinion = self._judge.read(title, abstract) if self._judge else None
        matches = [
            _match(rule.slug, found.get(at, _NOTHING), opinion)
            for at, rule in enumerate(self.rules)
        ]
        ranked = sorted(
            (match for match in matches if match.strength >= FAINT),
            key=lambda match: -match.strength,
        )
        return [match for match in ranked[:MOST_TOPICS] if match.strength >= CUT] or ranked[:1]

    def by_rules(
        self, *, title: str, abstract: str, categories: Iterable[str] = ()
    ) -> dict[str, float]:
        """Return the strength by rules of every topic that has a sign, however weak."""
        found = self._finder.find(title=title, abstract=abstract, categories=categories)
        return {self.rules[at].slug: strength_of(found[at]) for at in sorted(found)}


def strength_of(evidence: Evidence) -> float:
    """Weigh the evidence for one topic; 0 means there is none left."""
    points = sum(1.5 if times > 1 else 1.0 for times in evidence.phrases.values())
    doubt = (1 - PHRASE) ** points
    doubt *= 1 - TITLE if evidence.title else 1
    doubt *= 1 - CATEGORY if evidence.category else 1
    return 1 - doubt


def _match(slug: str, evidence: Evidence, opinion: Opinion | None) -> Match:
    strength = strength_of(evidence)
    reason = _reason(evidence)
    if opinion and slug in opinion:
        joined = _probability(opinion[slug] + RULES_SAY * max(strength, PHRASE) - DOUBT)
        strength = max(joined, CATEGORY) if evidence.category else joined
        reason = reason or _resemblance(opinion.words(slug))
    return Match(slug, strength=round(strength, 4), reason=reason)


def _probability(log_odds: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, log_odds))))


def _reason(evidence: Evidence) -> str:
    """Say the plainest sign: the title's, else the most frequent phrase, else the category."""
    if evidence.title:
        return f'title mentions "{next(iter(evidence.title))}"'
    if evidence.phrases:
        return f'mentions "{evidence.phrases.most_common(1)[0][0]}"'
    return f"arXiv {evidence.category}" if evidence.category else ""


def _resemblance(words: Iterable[str]) -> str:
    """Say what made a model think of the topic."""
    named = " and ".join(f'"{word}"' for word in words)
    return (
        f"similar to papers of this topic: {named}" if named else "similar to papers of this topic"
    )
