"""HTML as the checks read it."""

from __future__ import annotations

import pytest

from newsletter.lint.page import read_page


def test_text_is_what_is_seen():
    page = read_page("<title>No</title><style>b{}</style><p>One &amp; <b>t</b>wo</p><p>three</p>")
    assert page.visible == "One & two three"


def test_what_is_not_displayed_is_hidden_with_all_that_is_in_it():
    page = read_page('<div style="DISPLAY: none">a<b>b<a href="x">c</a></b></div>d')
    assert (page.hidden, page.visible) == ("abc", "d")
    assert page.links[0].is_hidden


def test_links_know_their_text_and_whether_they_are_titles():
    page = read_page('<h2><a href="u?a=1&amp;b=2">A <i>b</i></a></h2><a href=v>c</a>')
    assert [(link.href, link.text, link.is_title) for link in page.links] == [
        ("u?a=1&b=2", "A b", True),
        ("v", "c", False),
    ]
    assert page.headings == ["A b"]


def test_what_stands_in_a_comment_is_no_markup():
    page = read_page("<!--[if mso]><table><![endif]--><p>x</p>")
    assert page.comments == ["[if mso]><table><![endif]"]
    assert (page.count, page.unreadable) == ({"p": 1}, [])


@pytest.mark.parametrize(
    "broken",
    ["<p>", "</p>", "<b><i></b></i>", "a < b", "<a href='x>y</a>", "<!--><p></p>-->", "<p <b></p>"],
)
def test_what_a_browser_would_have_to_repair_is_unreadable(broken):
    assert read_page(broken).unreadable


def test_of_two_attributes_of_one_name_the_first_counts():
    assert read_page('<a href="a" HREF="b">x</a>').links[0].href == "a"
