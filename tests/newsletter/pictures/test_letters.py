"""No picture shows a box in place of a letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.pictures.letters import drawable
from newsletter.pictures.typeface import typeface

can_draw = typeface("").can_draw


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Plain words & (signs)", "Plain words & (signs)"),
        ("Erdős, Łukasz, Ångström, Straße", "Erdos, Lukasz, Angstrom, Strasse"),
        ("μP and τ-bench in 𝐑³", "muP and tau-bench in R3"),
        ("x ≤ y → ∞ – “so”…", "x <= y -> inf - “so”…"),
        ("H₂O\u00a0and\u2009CO²", "H2O and CO2"),
        ("Foxes 🦊 run", "Foxes run"),
        ("注意力机制", ""),
        ("注意力机制 with BERT", ""),
        ("Внимание", ""),
        ("!!! ---", ""),
        ("", ""),
    ],
)
def test_what_cannot_be_drawn_is_spelled_out_or_left_out(text, drawn):
    assert drawable(text, can_draw) == drawn


@given(st.text(max_size=80))
def test_only_what_can_be_drawn_is_left(text):
    drawn = drawable(text, can_draw)
    assert all(can_draw(char) for char in drawn)
    assert "\n" not in drawn


@pytest.mark.parametrize("char", ["注", "é", "Ω", "🦊", "\u200b", "\x07", "\ue000"])
def test_the_typeface_knows_what_it_lacks(char):
    assert not can_draw(char)


@given(st.text(st.characters(codec="ascii", categories=["L", "P", "N", "Zs"]), max_size=200))
def test_cut_text_fits(text):
    face = typeface("")
    for line in face.wrap(text, 30, width=300, lines=3):
        assert face.width(line, 30) <= 300


def test_text_that_fits_is_not_cut():
    face = typeface("")
    assert face.cut("Short", 30, width=300) == "Short"
    assert face.cut("Words that are too many", 30, width=240) == "Words that are..."
    assert face.wrap("one two", 30, width=60, lines=2) == ["one", "two"]
