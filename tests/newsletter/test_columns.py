from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.columns import columns, fold

WORDS = st.text("ab é,.深学。 ", max_size=300)


@given(WORDS, st.integers(10, 78))
def test_no_line_is_too_long_and_no_character_is_lost(text, width):
    folded = fold(text, indent="  ", width=width)
    for line in folded.splitlines():
        assert columns(line) <= width or len(line.split()) == 1
        assert line.startswith("  ")
    assert "".join(folded.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("one two three", "one two\nthree"),
        ("one unbreakable-word two", "one\nunbreakable-word\ntwo"),
        ("深層学習の話。", "深層学習\nの話。"),
        ("深層学。", "深層\n学。"),  # a closing mark does not begin a line
        ("", ""),
    ],
)
def test_lines_break_where_people_break_them(text, folded):
    assert fold(text, width=8 if "学。" not in text else 7 if text == "深層学。" else 8) == folded


def test_the_first_line_leaves_room_for_a_number():
    assert fold("aa bb cc", indent="   ", first=3, width=8) == "aa bb\n   cc"


def test_marks_take_no_column_and_wide_letters_two():
    assert columns("e\u0301") == 1
    assert columns("深a") == 3
