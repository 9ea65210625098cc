"""A model says which words speak for which topic, and outlives being stored."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from papers import linear
from papers.linear import Judge
from tests.papers.topic_steps import model


def test_a_model_is_the_same_after_it_was_stored():
    packed = linear.pack(model())
    again = linear.unpack(packed)
    assert linear.pack(again) == packed
    assert again.slugs == ("robots", "proofs")
    assert Judge(again).read("", "A gripper")["robots"] > 0


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"no model",
        linear.pack(model())[:-300],
        linear.pack(replace(model(), slugs=("robots",))),
        linear.pack(replace(model(), rarity=np.full(3, 1, np.float32))),
        linear.pack(replace(model(), unit=np.array([1, np.nan], np.float32))),
        linear.pack(replace(model(), weights=np.zeros((2, 2)))),
    ],
    ids=["empty", "text", "cut", "topics", "words", "not a number", "kind"],
)
def test_a_broken_model_is_refused(broken):
    with pytest.raises(ValueError, match=r"model|fit"):
        linear.unpack(broken)


def test_a_model_that_would_run_code_is_refused():
    packed = io.BytesIO()
    np.savez(packed, slugs=np.array([object()], dtype=object))
    with pytest.raises(ValueError, match="model"):
        linear.unpack(packed.getvalue())


def test_the_words_that_speak_for_a_topic_are_named():
    opinion = Judge(model()).read("On things", "A gripper meets a lemma.")
    assert opinion.words("robots") == ["gripper"]
    assert opinion.words("proofs") == ["lemma"]


def test_what_speaks_for_and_against_is_added_up():
    opinion = Judge(model()).read("Gripper", "")
    assert opinion["robots"] == pytest.approx(10 - 3)
    assert opinion["proofs"] == pytest.approx(-10 - 3)


def test_a_paper_of_unknown_words_is_judged_too():
    opinion = Judge(model()).read("Wholly new", "")
    assert "robots" in opinion
    assert "cooking" not in opinion
    assert opinion.words("robots") == []


def test_the_title_counts_twice_and_numbers_do_not():
    assert linear.count("Robots 2", "robots 3 walk") == {"robots": 3, "walk": 1}
