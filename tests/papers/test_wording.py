"""How authors are named and texts are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papers.wording import excerpt, name_authors, shorten


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([], ""),
        (["A"], "A"),
        (["A", "B", "C", "D"], "A, B, C, D"),
        (["A", "B", "C", "D", "E"], "A, B, C and 2 more"),
        (["A"] * 1503, "A, A, A and 1,500 more"),
    ],
)
def test_authors_are_named(names, shown):
    assert name_authors(names) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("0123456789", "0123456789"),
        ("01234567890", "012345678…"),
        ("one two three", "one two…"),
        ("one two, three", "one two…"),
        ("one two th", "one two th"),
        ("          .", "…"),
    ],
)
def test_text_is_cut_after_a_word(text, shown):
    assert shorten(text, 10) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("One. Two. Three is longer.", "One. Two."),
        ("One! Two? Three is longer.", "One! Two?"),
        ("The first sentence is too long. Two.", "The first…"),
        ("Version 1.52 is a number.", "Version…"),
    ],
)
def test_an_excerpt_has_whole_sentences(text, shown):
    assert excerpt(text, 12) == shown


@given(text=st.text(), limit=st.integers(1, 60))
def test_shortened_text_is_never_longer_than_the_limit(text, limit):
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")
    assert text.startswith(short.removesuffix("…"))


@given(
    words=st.lists(st.text("abc", min_size=1, max_size=8), min_size=1), limit=st.integers(10, 60)
)
def test_shortened_text_has_whole_words(words, limit):
    text = " ".join(words)
    kept = shorten(text, limit).removesuffix("…")
    assert kept.split() == words[: len(kept.split())]


@given(text=st.text(alphabet="ab. !?\n"), limit=st.integers(1, 60))
def test_an_excerpt_is_never_longer_than_the_limit(text, limit):
    assert len(excerpt(text, limit)) <= limit


@given(st.lists(st.text()))
def test_naming_authors_never_fails(names):
    shown = name_authors(names)
    assert all(name in shown for name in names[:3])
