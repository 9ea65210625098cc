from __future__ import annotations

from unicodedata import is_normalized

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from papers.text import KEY_LENGTH, clean, readable, title_key

anything = st.text(st.characters(exclude_categories=[]), max_size=300)


@given(anything)
@example("e\x00\u0301")
@example("\ud83d\x00\ude00")
@example("a\u200d\u200b\u200dक")
@example("\u212a\u200dक")
def test_cleaning_twice_changes_nothing_more(text):
    once = clean(text, limit=100)
    assert clean(once, limit=100) == once
    assert len(once) <= 100
    assert is_normalized("NFC", once)
    once.encode()  # no lone surrogate is left


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1))
def test_plain_words_arrive_to_the_character(text):
    assert clean(text, limit=10_000) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  two\n  lines\t\u00a0here ", "two lines here"),
        ("no\x00thing\x1b[31m\x9b", "nothing[31m"),
        ("\u202eevil\u2066 \u200fname\ufeff", "evil name"),
        ("zero\u200b width\u2060, soft\u00ad hyphen\U000e0041", "zero width, soft hyphen"),
        ("join\u200ders \u200d of nothing\u200c", "joiners of nothing"),
        ("क्\u200dष and 👩\u200d💻", "क्\u200dष and 👩\u200d💻"),
        ("half \ud800 a pair", "half \ufffd a pair"),
        ("whole \ud83d\ude00 pair", "whole 😀 pair"),
        ("e\u0301", "é"),
        (r"a < b & $x<y$ {{name}}", r"a < b & $x<y$ {{name}}"),
    ],
)
def test_what_cannot_be_seen_is_left_out(text, cleaned):
    assert clean(text, limit=100) == cleaned


def test_a_cut_leaves_nothing_unseen_at_the_end():
    assert clean("one two", limit=4) == "one"
    assert clean("क\u200dक", limit=2) == "क"


@given(anything)
def test_a_key_is_short_and_its_own_key(title):
    key = title_key(title)
    assert len(key) <= KEY_LENGTH
    assert title_key(key) == key
    assert title_key(f"  {title}\n") == key


@pytest.mark.parametrize(
    "title",
    [
        "Deep Learning: Why?",
        "deep  learning - why",
        "DEEP\nLEARNING, WHY!",
        "\uff24eep learning why",
    ],
)
def test_the_same_title_typed_differently_has_one_key(title):
    assert title_key(title) == "deep learning why"


@pytest.mark.parametrize(
    ("tex", "other"),
    [
        ("$\\pi_0$: a policy", "pi_0: A policy"),
        ("S$^{2}$-Net", "S^2-Net"),
        ("S$^{2}$-Net", "S²-net"),
        (r"LLM $\times$ data", "LLM times data"),
        (r"$\mathcal{O}(n)$ attention", "O(n) attention"),
        (r"Pok\'emon -- \emph{why}?", "Pokémon: why"),
        (r"$\varepsilon$-greedy", "epsilon-greedy"),
        ("ﬁne-tuning", "fine tuning"),
    ],
)
def test_a_title_with_tex_and_without_have_one_key(tex, other):
    assert title_key(readable(tex, limit=100)) == title_key(readable(other, limit=100))


@pytest.mark.parametrize(("one", "other"), [("???", "!!!"), ("Plan A", "Plan B"), ("कि", "का")])
def test_different_titles_have_different_keys(one, other):
    assert title_key(one) != title_key(other)


def test_long_titles_that_differ_at_the_end_have_different_keys():
    assert title_key("word " * 200 + "one") != title_key("word " * 200 + "two")


def test_a_title_of_one_digit_is_a_title():
    assert title_key("0") == "0"
