"""Which papers other rules would move, decided without a database."""

from __future__ import annotations

from papers.effects import Effect, Moved, Text, effects
from papers.topics import Classifier, Rule

SKATING = Rule("skating", include=("skating robot",))
PROOFS = Rule("proofs", include=("proof",))
PAPERS = [
    Text("Skating robots", ""),
    Text("Proofs", ""),
    Text("Ice hockey", ""),
]


def moved(*after, papers=PAPERS, before=(SKATING, PROOFS)):
    return effects(papers, before=Classifier(before), after=Classifier(after))


def test_rules_that_stay_move_nothing():
    assert moved(SKATING, PROOFS) == {"skating": Effect(kept=1), "proofs": Effect(kept=1)}


def test_a_new_phrase_gains_papers_and_says_why():
    found = moved(Rule("skating", include=("skating robot", "hockey")), PROOFS)
    hockey = Moved("Ice hockey", 'title mentions "hockey"')
    assert found["skating"] == Effect(gained=[hockey], kept=1)


def test_a_phrase_that_goes_loses_papers_and_says_why_they_were_there():
    found = moved(Rule("skating"), PROOFS)
    skating = Moved("Skating robots", 'title mentions "skating robot"')
    assert found["skating"] == Effect(lost=[skating])


def test_a_longer_phrase_of_one_topic_takes_papers_from_another():
    found = moved(SKATING, PROOFS, before=(Rule("skating", include=("robot",)), PROOFS))
    assert found["skating"].kept == 1
    found = moved(SKATING, before=(Rule("robots", include=("robot",)),))
    assert (len(found["skating"].gained), len(found["robots"].lost)) == (1, 1)


def test_what_was_given_by_hand_is_neither_gained_nor_lost():
    papers = [Text("Skating robots", "", fixed=("skating",)), Text("Ice", "", fixed=("proofs",))]
    found = moved(papers=papers)
    assert found == {"skating": Effect(kept=1), "proofs": Effect(kept=1)}
