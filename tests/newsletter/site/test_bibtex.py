"""Entries that BibTeX reads, whatever the title holds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.site import bibtex
from newsletter.site.bibtex import Reference


def make(**fields) -> Reference:
    usual = {
        "title": "The Proofs of Everything",
        "authors": ["Ada Example", "Erdős Pál"],
        "year": 2026,
        "arxiv_id": "2603.01234",
        "category": "cs.LG",
    }
    return Reference(**usual | fields)


def test_an_entry_has_what_is_known():
    assert bibtex.entry(make()) == (
        "@misc{example2026proofs,\n"
        "  title = {{The Proofs of Everything}},\n"
        "  author = {Ada Example and Erdős Pál},\n"
        "  year = {2026},\n"
        "  eprint = {2603.01234},\n"
        "  archivePrefix = {arXiv},\n"
        "  primaryClass = {cs.LG},\n"
        "  url = {https://arxiv.org/abs/2603.01234}\n"
        "}\n"
    )


def test_what_is_not_known_is_left_out():
    bare = make(authors=[], year=None, arxiv_id="")
    assert bibtex.entry(bare) == "@misc{proofs,\n  title = {{The Proofs of Everything}}\n}\n"


@pytest.mark.parametrize(
    ("authors", "title", "expected"),
    [
        (["Jürgen Müller"], "Über alles", "muller2026uber"),
        (["李 明"], "注意力", "2026"),
        ([""], "A", "2026"),
        (["Plato"], "On the How", "plato2026"),
    ],
)
def test_keys_are_what_tex_can_read(authors, title, expected):
    assert bibtex.key(make(authors=authors, title=title)) == expected


@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=3))
def test_braces_balance_whatever_is_written(title, authors):
    made = bibtex.entry(make(title=title, authors=authors))
    plain = re.sub(r"\\[{}\\]", "", made)
    assert plain.count("{") == plain.count("}")
    assert re.match(r"@misc\{[a-z0-9]+,\n", made)
    assert made.endswith("\n}\n")


def test_signs_of_tex_mean_themselves():
    assert bibtex.escaped(r"50% of $x_1$ & \alpha") == (
        r"50\% of \$x\_1\$ \& \textbackslash{}alpha"
    )
