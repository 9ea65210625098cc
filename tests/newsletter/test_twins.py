"""Candidates that are one paper twice."""

from __future__ import annotations

from random import Random

import pytest

from newsletter import issues
from newsletter.matching import twins
from newsletter.matching.phrases import Text
from newsletter.matching.pool import Candidate, Pool
from newsletter.matching.readers import Reader, block_of
from newsletter.models import Delivery
from papers import vectors
from tests.newsletter.issue_steps import SEVEN, sent_titles

ROBOTS = (
    "Legged robots fall on ice because friction is low and changes at every step. A controller "
    "learns by reinforcement in simulation to place its feet, and walks on real frozen lakes. "
    "We measure how often machines of four makers fall and how long they need to stand up again."
)
REVISED = ROBOTS.replace(" and changes at every step", "")
PROOFS = (
    "Theorem provers search for tactics in dependent type theory. A language model proposes the "
    "next tactic, and a checker verifies every step. We formalise a course of number theory and "
    "say which lemmas were found without help, and how much time the search needed for each."
)


def candidate(paper_id, title, abstract=""):
    packed = vectors.pack(vectors.vector(title, abstract))
    return Candidate(paper_id, 0.5, {1: 1.0}, Text(title, abstract), packed)


def kept(*candidates):
    left, aliases = twins.merge(candidates)
    return [one.paper_id for one in left], aliases


def test_different_papers_are_kept_in_their_order():
    assert kept(candidate(3, "Robots", ROBOTS), candidate(1, "Proofs", PROOFS)) == ([3, 1], {})
    assert kept() == ([], {})


@pytest.mark.parametrize(
    ("title", "abstract"),
    [
        ("ROBOTS on ice!", PROOFS),  # the same title as it is compared
        ("Walking where it is slippery", ROBOTS),  # the same text
        ("Robots on thin ice", REVISED),  # nearly the same of both
    ],
)
def test_the_hotter_of_two_versions_is_kept(title, abstract):
    papers = candidate(5, "Robots on Ice", ROBOTS), candidate(7, title, abstract)
    assert kept(*papers) == ([5], {7: 5})


def test_alike_texts_under_other_titles_are_two_papers():
    papers = candidate(5, "Robots on Ice", ROBOTS), candidate(7, "How machines fall", REVISED)
    assert kept(*papers) == ([5, 7], {})


def test_short_texts_are_compared_by_their_titles_only():
    papers = candidate(5, "Robots on ice, part one", ""), candidate(7, "Robots on ice, part two")
    assert kept(*papers) == ([5, 7], {})
    assert kept(candidate(5, "!"), candidate(7, "?")) == ([5, 7], {})


def test_of_three_versions_one_is_kept():
    papers = [
        candidate(5, "Robots on ice", ROBOTS),
        candidate(6, "Walking where it is slippery", ROBOTS),
        candidate(7, "Walking where it is slippery", PROOFS),
    ]
    assert kept(*papers) == ([5], {6: 5, 7: 5})


def test_versions_are_found_across_the_parts_in_which_papers_are_compared(monkeypatch):
    monkeypatch.setattr(twins, "AT_ONCE", 2)
    others = [candidate(n, f"Proofs {n}") for n in range(10, 15)]
    papers = candidate(1, "Robots on ice", ROBOTS), *others, candidate(2, "Slippery", ROBOTS)
    assert kept(*papers)[1] == {2: 1}


def test_who_had_the_one_had_the_other():
    pool = Pool.of(*twins.merge([candidate(5, "Ice", ROBOTS), candidate(7, "Lakes", ROBOTS)]))
    had = [Reader(1, {1: 1.0}, 7, already_sent=sent) for sent in ({7}, {5}, {6}, {5, 7})]
    sent = block_of(had, pool).sent
    assert list(zip(sent.reader.tolist(), sent.value.tolist(), strict=True)) == [
        (0, 0), (1, 0), (3, 0), (3, 0),
    ]  # fmt: skip


def test_a_digest_has_one_version_and_none_comes_after_the_other(make_due, make_paper):
    def paper(title, score):
        vector = vectors.pack(vectors.vector(title, ROBOTS))
        return make_paper(
            title, abstract=ROBOTS, vector=vector, trend_score=score, topics=["agents"]
        )

    first = paper("Robots on ice", 0.2)
    reader = make_due(topics=["agents"])
    assert sent_titles() == [first.title]
    again = paper("Walking where it is slippery", 0.9)
    other = make_due(topics=["agents"])
    issues.open_due(at=SEVEN)
    had = Delivery.objects.get(subscriber=other)
    assert had.paper_ids == [again.pk]
    reader.cadence, reader.next_digest_at = "weekly", SEVEN
    reader.save()
    issues.open_due(at=SEVEN)
    assert Delivery.objects.filter(subscriber=reader).latest("pk").paper_ids == []


def test_a_pool_of_chance_finds_what_comparing_each_pair_finds():
    random = Random(1)
    words = (ROBOTS + PROOFS).split()
    texts = [" ".join(random.sample(words, 60)) for _ in range(20)]
    papers = [candidate(n, f"Title {n}", random.choice(texts)) for n in range(1, 61)]
    left, aliases = twins.merge(papers)
    seen: dict[str, int] = {}
    for paper in papers:
        same = seen.setdefault(paper.text.abstract, paper.paper_id)
        assert aliases.get(paper.paper_id, paper.paper_id) == same
    assert len(left) == len(seen)
