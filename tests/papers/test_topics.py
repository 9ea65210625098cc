"""Topics are found by whole phrases and arXiv categories, and the shipped rules are sound."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papers import topics
from papers.signs import Rule
from papers.topics import Classifier, Match
from tests.papers import topic_steps

CATALOGUE: list[dict[str, Any]] = json.loads(
    Path(topics.__file__).with_name("data").joinpath("topics.json").read_text(encoding="utf-8")
)
RULES = [
    Rule(
        slug=topic["slug"],
        include=tuple(topic["include"]),
        exclude=tuple(topic["exclude"]),
        categories=tuple(topic["categories"]),
    )
    for topic in CATALOGUE
]
SHIPPED = Classifier(RULES)


def classify(
    *rules: Rule, title: str = "", abstract: str = "", categories: tuple[str, ...] = ()
) -> list[Match]:
    return Classifier(rules).classify(title=title, abstract=abstract, categories=categories)


def test_a_phrase_matches_whole_words_only() -> None:
    fusion = Rule("fusion", include=("fusion",))

    assert classify(fusion, title="Diffusion for images") == []
    assert classify(fusion, title="Sensor fusion")


@pytest.mark.parametrize(
    "text",
    ["fine tuning", "fine-tuning", "Fine\nTuning", "FINE\u2011TUNING", "\ufb01ne \n  tunings"],
)
def test_hyphen_space_newline_case_and_plural_are_the_same(text: str) -> None:
    assert classify(Rule("tuning", include=("fine-tuning",)), title=f"On {text}, again")


def test_punctuation_ends_a_phrase() -> None:
    assert classify(Rule("tuning", include=("fine-tuning",)), title="Fine. Tuning") == []


def test_only_the_last_word_may_be_plural() -> None:
    rule = Rule("llm", include=("language model",))

    assert classify(rule, title="Small language models")
    assert classify(rule, title="Small languages model") == []


@pytest.mark.parametrize(("text", "is_found"), [("RAG", True), ("RAGs", True), ("a rag", False)])
def test_a_short_word_in_capitals_matches_only_in_capitals(text: str, is_found: bool) -> None:
    assert bool(classify(Rule("retrieval", include=("RAG",)), title=text)) is is_found


def test_a_longer_phrase_of_another_topic_hides_a_shorter_one() -> None:
    language = Rule("language", include=("language model",))
    vision = Rule("vision", include=("vision-language model",))

    found = classify(language, vision, title="A vision-language model")

    assert [match.slug for match in found] == ["vision"]


def test_exclude_voids_what_the_abstract_alone_suggests() -> None:
    rule = Rule("nlp", include=("question answering",), exclude=("images",))

    assert classify(rule, abstract="Question answering about text")
    assert classify(rule, abstract="Question answering about images") == []


def test_exclude_spares_the_title_and_the_category() -> None:
    rule = Rule("robotics", include=("robot",), exclude=("web",), categories=("cs.RO",))

    assert classify(rule, title="A robot", abstract="for the web")
    assert classify(rule, abstract="A robot for the web", categories=("cs.RO",))


def test_the_title_says_more_than_the_abstract() -> None:
    rule = Rule("rl", include=("offline RL", "bandit"))

    [title] = classify(rule, title="Offline RL")
    [abstract] = classify(rule, abstract="Offline RL and a bandit")

    assert title.strength >= 0.9 > abstract.strength


def test_more_phrases_and_repeats_say_more() -> None:
    rule = Rule("rl", include=("offline RL", "bandit"))
    texts = ["offline RL", "offline RL, offline RL", "offline RL, bandit"]

    strengths = [classify(rule, abstract=text)[0].strength for text in texts]

    assert strengths == sorted(set(strengths))


def test_an_abbreviation_in_brackets_is_no_second_sign() -> None:
    rule = Rule("rl", include=("reinforcement learning", "RL"))

    assert classify(rule, abstract="Reinforcement learning (RL)") == classify(
        rule, abstract="Reinforcement learning"
    )


def test_a_category_alone_is_enough_and_adds_to_phrases() -> None:
    rule = Rule("robotics", include=("robot",), categories=("cs.RO",))

    [alone] = classify(rule, categories=("cs.LG", "cs.RO"))
    [both] = classify(rule, abstract="A robot", categories=("cs.RO",))

    assert (alone.strength, alone.reason) == (0.6, "arXiv cs.RO")
    assert both.strength > alone.strength


def test_the_reason_quotes_the_phrase_as_the_rule_spells_it() -> None:
    rule = Rule("rl", include=("offline RL", "bandit"))

    assert classify(rule, title="OFFLINE-RL")[0].reason == 'title mentions "offline RL"'
    assert classify(rule, abstract="Bandits.")[0].reason == 'mentions "bandit"'


def test_a_weak_match_is_kept_only_as_the_best_of_its_paper() -> None:
    rules = [Rule("a", include=("apple",)), Rule("b", include=("pear",))]

    assert [m.slug for m in classify(*rules, abstract="apple, pear")] == ["a"]
    assert [m.slug for m in classify(*rules, title="pear", abstract="apple")] == ["b"]


def test_strongest_first_then_rule_order_and_at_most_five() -> None:
    rules = [Rule(word, include=(word,)) for word in ("one", "two", "three", "four", "five", "six")]

    found = classify(*rules, title="six five four three two one", abstract="six")

    assert [match.slug for match in found] == ["six", "one", "two", "three", "four"]


def test_nothing_in_nothing_out() -> None:
    assert classify(title="Robots", abstract="Robots", categories=("cs.RO",)) == []
    assert classify(Rule("empty"), Rule("blank", include=("", " - ")), title="x - y") == []
    assert SHIPPED.classify(title="", abstract="") == []


@settings(deadline=None)
@given(title=st.text(), abstract=st.text(), categories=st.lists(st.text()))
def test_any_text_is_accepted(title: str, abstract: str, categories: list[str]) -> None:
    found = SHIPPED.classify(title=title, abstract=abstract, categories=categories)

    assert len(found) <= 5
    assert all(0 < match.strength <= 1 for match in found)


@settings(deadline=None)
@given(st.lists(st.sampled_from([p for rule in RULES for p in rule.include + rule.exclude])))
def test_any_mix_of_phrases_gives_ordered_strengths(phrases: list[str]) -> None:
    found = SHIPPED.classify(title="", abstract="; ".join(phrases))

    strengths = [match.strength for match in found]
    assert strengths == sorted(strengths, reverse=True)
    assert all(0 < strength <= 1 for strength in strengths)


def test_the_catalogue_has_26_topics() -> None:
    assert len({rule.slug for rule in RULES}) == len(RULES) == 26
    assert all(topic["name"] and topic["description"] for topic in CATALOGUE)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_catalogue_phrases_are_distinct_and_not_empty(rule: Rule) -> None:
    spellings = [" ".join(re.split(r"[\s-]+", p)).casefold() for p in rule.include + rule.exclude]

    assert all(re.search(r"\w", spelling) for spelling in spellings)
    assert len(set(spellings)) == len(spellings)
    assert not {f"{spelling}s" for spelling in spellings} & set(spellings)
    assert 12 <= len(rule.include) <= 90


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_catalogue_categories_look_like_arxiv_codes(rule: Rule) -> None:
    assert all(
        re.fullmatch(r"[a-z]+(-[a-z]+)*(\.[A-Za-z]{2}(-[a-z]+)*|\.[a-z]+(-[a-z]+)*)?", code)
        for code in rule.categories
    )


@pytest.mark.parametrize(
    ("title", "abstract", "slugs"),
    [
        (
            "Attention without recurrence for machine translation",
            "A sequence model built from attention alone beats recurrent ones.",
            {"nlp"},
        ),
        (
            "Drawing pictures from words with latent diffusion models",
            "We denoise in a compressed space, which makes text-to-image training cheap.",
            {"generative-media"},
        ),
        (
            "Adapting large language models with low-rank updates",
            "LoRA freezes the weights and trains small matrices: parameter-efficient fine-tuning.",
            {"fine-tuning"},
        ),
        (
            "Skipping the reward model: direct preference optimization",
            "RLHF is unstable; we fit human preferences with a plain classification loss.",
            {"alignment"},
        ),
        (
            "Guess and check: speculative decoding with a small draft model",
            "A draft model proposes tokens that the large one verifies, halving latency.",
            {"efficiency"},
        ),
        (
            "A walking robot that learns by reinforcement learning in simulation",
            "Sim-to-real transfer of legged locomotion over rough ground.",
            {"robotics", "reinforcement-learning"},
        ),
        (
            "Who is affected? Treatment effects from observational records",
            "Causal inference under weak overlap, with identifiability conditions and bounds.",
            {"theory"},
        ),
        (
            "Recognising speech from unlabelled audio",
            "Self-supervised features give good speech recognition with few labels.",
            {"speech-audio"},
        ),
    ],
)
def test_the_catalogue_knows_these(title: str, abstract: str, slugs: set[str]) -> None:
    found = SHIPPED.classify(title=title, abstract=abstract)

    assert {match.slug for match in found} == slugs


@pytest.mark.parametrize(
    ("text", "is_found"),
    [("MathBench", True), ("MathBenches", False), ("Bench", False), ("Workbench", False)],
)
def test_a_starred_phrase_matches_how_coined_names_end(text: str, is_found: bool) -> None:
    assert bool(classify(Rule("evaluation", include=("*Bench",)), title=text)) is is_found


def judged(title: str, abstract: str = "", **fields: Any) -> dict[str, Match]:
    found = Classifier(topic_steps.RULES, topic_steps.model()).classify(
        title=title, abstract=abstract, **fields
    )
    return {match.slug: match for match in found}


def test_a_model_finds_papers_that_no_phrase_names() -> None:
    found = judged("A gripper", "A gripper moves.")

    assert list(found) == ["robots"]
    assert found["robots"].reason == 'similar to papers of this topic: "gripper"'


def test_no_sign_counts_as_much_as_one_passing_mention() -> None:
    without = judged("Grippers", "One gripper.")["robots"]
    mentioned = judged("Grippers", "One gripper, one robot.")["robots"]

    assert without.strength == mentioned.strength


def test_a_phrase_is_the_reason_even_if_a_model_agrees() -> None:
    assert judged("A robot", "A gripper moves.")["robots"].reason == 'title mentions "robot"'


def test_a_model_doubts_a_phrase_that_stands_alone() -> None:
    rule = Rule("robots", include=("robot",))
    text = "A lemma and a lemma. One robot."

    [by_rules] = classify(rule, abstract=text)
    [joined] = Classifier([rule, topic_steps.RULES[1]], topic_steps.model()).classify(
        title="", abstract=text
    )

    assert by_rules.slug == "robots"
    assert joined.slug == "proofs"


def test_a_category_is_enough_whatever_a_model_says() -> None:
    rules = [Rule("robots", categories=("cs.RO",))]
    classifier = Classifier(rules, topic_steps.model())

    [found] = classifier.classify(title="A lemma", abstract="A lemma.", categories=("cs.RO",))

    assert found == Match("robots", strength=0.6, reason="arXiv cs.RO")


def test_a_topic_that_a_model_does_not_know_is_found_by_rules() -> None:
    rule = Rule("pies", include=("pie",))

    assert Classifier([rule], topic_steps.model()).classify(title="A pie", abstract="") == classify(
        rule, title="A pie"
    )


def test_a_paper_far_from_all_topics_has_none() -> None:
    assert judged("Dough", "Dough is dough.") == {}
