from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from subscriptions.encode import Form, mark, message, quote, unquote
from subscriptions.headers import header
from subscriptions.mail import clean_header

LETTERS = st.text("abc. =\t\n深é🧪<&", max_size=300)
PARTS = st.lists(
    st.sampled_from([mark("token"), mark("block"), "x" * 74, "x" * 75, ". ", "\n", "=é", "."]),
    max_size=40,
)


def assert_sound(encoded: bytes) -> None:
    """Lines that SMTP takes as they are (RFC 2045 6.7, RFC 5321 4.5.2)."""
    encoded.decode("ascii")
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert b"\n" not in line
        assert not line.startswith(b".")
        assert line == line.rstrip(b" \t")


@given(LETTERS)
def test_a_block_says_what_the_text_said(text):
    assert unquote(quote(text)) == text
    assert_sound(quote(text))


@given(PARTS, LETTERS)
def test_what_is_filled_in_breaks_no_line(parts, block):
    text = "".join(parts) + "!"
    values = {"token": b"T" * 52, "block": quote(block)}
    encoded = b"".join(Form.of(text, {"token": 52}).filled(values))
    filled = text.replace(mark("token"), "T" * 52).replace(mark("block"), block)
    assert unquote(encoded) == filled
    assert_sound(encoded)


@given(LETTERS, LETTERS, LETTERS)
def test_no_text_can_end_a_message_early(subject, text, html):
    line = header("Subject", clean_header(subject))
    whole = message([line], text=quote(text), html=quote(html))
    assert whole.isascii()
    assert not any(part.startswith(b".") for part in re.split(rb"\r\n|\r|\n", whole))


TEXT = f"a{mark('begin_x')}b{mark('n')}c{mark('end_x')}d{mark('n')}e"


def filled(form: Form) -> str:
    return unquote(b"".join(form.filled({"n": b"7"})))


def test_a_section_is_shown_or_left_out():
    form = Form.of(TEXT, {"n": 2})
    assert filled(form.only("x")) == "ab7cd7e"
    assert filled(form.only()) == "ad7e"


def test_a_form_is_cut_at_a_place():
    form = Form.of(TEXT, {"n": 2})
    assert [part.names for part in form.parts("n")] == [["begin_x"], ["end_x"], []]


def test_some_places_are_filled_for_good():
    form = Form.of(f"1{mark('a')}2{mark('n')}3", {"a": 2, "n": 2}).bound({"a": b"A"})
    assert form.names == ["n"]
    assert filled(form) == "1A273"
