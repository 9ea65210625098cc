"""Training learns from what rules are sure of, and from people first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from papers import linear
from papers.learning import Example, Lesson
from papers.linear import Judge
from papers.signs import Rule
from tests.papers.topic_steps import RULES, examples, trained


def test_the_same_papers_give_the_same_bytes():
    assert linear.pack(trained()) == linear.pack(trained())


def test_words_beside_a_phrase_are_learned():
    opinion = Judge(trained()).read("", "The gripper")
    assert opinion["robots"] > 0 > opinion["proofs"]


def test_what_rules_are_unsure_of_teaches_nothing():
    unsure = [Example("A thing", "One robot, a robot, and a hammer.")] * 40
    hammer = Judge(Lesson(examples() + unsure, RULES).train()).read("", "hammer hammer")
    sure = [Example("A robot", "A hammer.")] * 40
    taught = Judge(Lesson(examples() + sure, RULES).train()).read("", "hammer hammer")
    assert taught["robots"] > 0 > hammer["robots"]


@pytest.mark.parametrize(("is_about", "sign"), [(True, 1), (False, -1)])
def test_what_a_person_decided_outweighs_the_rules(is_about, sign):
    title = "A thing" if is_about else "A robot"
    decided = [Example(title, "A teapot.", decided={"robots": is_about})] * 20
    opinion = Judge(Lesson(examples() + decided, RULES).train()).read("", "teapot teapot")
    assert opinion["robots"] * sign > 0


def test_a_word_in_nearly_every_paper_is_left_out():
    assert "thing" not in trained().words
    assert "gripper" in trained().words


@pytest.mark.parametrize("rules", [RULES, ()], ids=["no papers", "no topics"])
def test_nothing_to_learn_from_is_said(rules):
    with pytest.raises(ValueError, match="too few"):
        Lesson([] if rules else examples(), rules).train()


def test_a_model_is_measured_on_the_papers_after_those_it_learned_from():
    stranger = Example("Nuts", "Bolts.", decided={"robots": True})  # counts as five
    lesson = Lesson([*examples(), stranger], RULES)
    model = lesson.train(until=60)
    assert lesson.measure(model, since=0) == (1, 40 / 45)
    assert lesson.measure(model, since=60) == (0, 0)


def test_a_model_of_other_topics_misses_all():
    lesson = Lesson(examples(), RULES)
    other = replace(lesson.train(), slugs=("cooking", "sailing"))
    assert lesson.measure(other, since=0) == (0, 0)


def test_topics_in_another_order_are_measured_by_their_names():
    lesson = Lesson(examples(), RULES)
    assert lesson.measure(trained(RULES[::-1]), since=0) == (1, 1)


def test_a_category_alone_is_no_sure_sign():
    rules = [Rule("robots", include=("robot",), categories=("cs.RO",)), RULES[1]]
    listed = [Example("A teapot", "Tea.", ("cs.RO",))] * 20
    opinion = Judge(Lesson(examples() + listed, rules).train()).read("A teapot", "Tea.")
    assert opinion["robots"] < 0
