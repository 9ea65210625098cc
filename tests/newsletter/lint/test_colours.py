"""Colours and their contrast."""

from __future__ import annotations

import pytest

from newsletter.lint.colours import Shades, contrast, read_colour
from newsletter.lint.page import read_page


def shown(css: str, html: str) -> tuple[str, str]:
    """(light, dark) of the only text."""
    [style] = read_page(f"<style>{css}</style>{html}").styles
    return str(style.light), str(style.dark)


def test_contrast_is_that_of_wcag():
    assert contrast(Shades((0, 0, 0), (255, 255, 255))) == pytest.approx(21)
    assert contrast(Shades((119, 119, 119), (255, 255, 255))) == pytest.approx(4.48, abs=0.005)
    assert contrast(Shades((255, 255, 255), (119, 119, 119))) == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize(
    ("value", "colour"),
    [
        ("#fff", (255, 255, 255)),
        ("#14161B !important", (20, 22, 27)),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("url(x) #010203", (1, 2, 3)),
        ("black", (0, 0, 0)),
        ("inherit", None),
        ("rgba(0,0,0,0.5)", None),
    ],
)
def test_colours_are_read_as_mails_write_them(value, colour):
    assert read_colour(value) == colour


def test_colours_are_inherited_and_inline_beats_the_sheet():
    html = '<div style="background:#111111"><p class="a"><b style="color:#eeeeee">x</b></p></div>'
    assert shown(".a { color: #222222 }", html)[0] == "#eeeeee on #111111"


def test_dark_rules_come_on_top_of_light_ones():
    css = ".a{color:#111111} @media (prefers-color-scheme: dark) { .a { color: #eeeeee } }"
    assert shown(css, '<p class="a">x</p>') == ("#111111 on #ffffff", "#eeeeee on #ffffff")


def test_only_an_important_rule_beats_inline():
    for importance, ink in (("", "#111111"), ("!important", "#eeeeee")):
        css = f"@media (prefers-color-scheme:dark) {{ .a {{ color: #eeeeee {importance} }} }}"
        assert shown(css, '<p class="a" style="color:#111111">x</p>')[1] == f"{ink} on #ffffff"


@pytest.mark.parametrize(
    ("css", "ink"),
    [
        ("p.a {color:#010101} .a {color:#020202}", "#010101"),  # the more special
        (".a {color:#010101} .a {color:#020202}", "#020202"),  # the later
        (".out .a {color:#010101}", "#010101"),
        (".in .a {color:#010101}", "#000000"),
        (".out > .a, i {color:#010101}", "#010101"),
        ("[data-ogsc] .a {color:#010101}", "#000000"),  # for one program
        ("@media print { .a {color:#010101} }", "#000000"),
    ],
)
def test_rules_win_as_in_a_browser(css, ink):
    assert shown(css, '<div class="out"><p class="a b">x</p></div>')[0] == f"{ink} on #ffffff"
