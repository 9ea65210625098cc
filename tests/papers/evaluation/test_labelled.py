"""What is found is compared with what two readers gave, paper by paper."""

from __future__ import annotations

import pytest

from papers.evaluation import categories, labelled
from papers.evaluation.labelled import Mistake
from papers.evaluation.labels import BadFile, Labels, Text
from papers.signs import Rule
from papers.topics import Classifier

CLASSIFIER = Classifier([Rule("robots", ("robot",)), Rule("proofs", ("theorem",))])


def label(*both, also=()):
    return Labels(either=frozenset({*both, *also}), both=frozenset(both))


def test_five_papers_are_counted_as_by_hand():
    titles = ["A robot", "A robot proves a theorem", "A theorem", "A pie", "Robots cook"]
    papers = [Text(title, "", number) for number, title in enumerate(titles, start=1)]
    labels = {
        1: label("robots"),  # found
        2: label("robots", also=["proofs"]),  # found, and more that is right
        3: label("robots"),  # one wrong, one missed
        4: label("proofs"),  # missed
        5: label(also=["robots"]),  # right, and nothing to be missed
    }

    tally, mistakes = labelled.tally(papers, labels, classifier=CLASSIFIER)

    assert (tally.micro().precision, tally.micro().recall) == (4 / 5, 2 / 4)
    assert (tally.topic(0).precision, tally.topic(0).recall) == (3 / 3, 2 / 3)
    assert (tally.topic(1).precision, tally.topic(1).recall) == (1 / 2, 0 / 1)
    assert tally.macro()[:2] == (pytest.approx(3 / 4), pytest.approx(1 / 3))
    assert mistakes == [
        Mistake("A theorem", "proofs", 'title mentions "theorem"'),
        Mistake("A theorem", "robots", ""),
        Mistake("A pie", "proofs", ""),
    ]


def test_papers_without_labels_are_left_out():
    papers = [Text("A robot", "", 1), Text("A theorem", "", 2)]
    tally, _ = labelled.tally(papers, {1: label("robots")}, classifier=CLASSIFIER)
    assert tally.predicted.tolist() == [[1, 0]]


def test_labels_of_a_paper_that_is_not_there_are_refused():
    with pytest.raises(BadFile, match="number 7"):
        labelled.tally([Text("A robot", "", 1)], {7: label()}, classifier=CLASSIFIER)


def text(number, **fields):
    return Text(f"T {number}", "", arxiv_id=f"26{number:02}.00001", categories=("cs.RO",), **fields)


@pytest.mark.parametrize("has_days", [True, False])
def test_papers_are_divided_by_time_and_never_by_chance(has_days):
    days = {n: {"day": f"2026-01-{99 - n}"} if has_days else {} for n in range(40, 80)}
    parts = categories.split([text(n, **days[n]) for n in reversed(range(40, 80))])
    ordered = [*parts.earlier, *parts.later]
    assert parts.has_days is has_days
    assert (len(parts.earlier), len(parts.later)) == (28, 12)
    moments = [paper.day or paper.arxiv_id for paper in ordered]
    assert moments == sorted(moments)


def test_papers_of_other_categories_are_left_out():
    papers = [text(n) for n in range(40, 80)] + [Text("T", "", categories=("hep-th",))] * 9
    parts = categories.split(papers)
    assert len(parts.earlier) + len(parts.later) == 40
