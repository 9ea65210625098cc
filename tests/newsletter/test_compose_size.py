"""How long a digest may be: whole papers are left out, and the mail says how many."""

from __future__ import annotations

import re

import pytest

from newsletter import compose
from newsletter.press import HTML_LIMIT, REASON
from subscriptions.encode import BETWEEN

WIDE = {
    "abstract": "Word & " * 400,
    "authors": ["A" * 200] * 4,
    "code_url": "https://github.com/" + "c" * 400,
    "project_url": "https://example.org/" + "p" * 400,
}


def composed(delivery):
    return compose.compose_all([delivery])(delivery)


@pytest.fixture(params=["Long <title> ", "深層学習のための "])
def mail(request, make_delivery, make_paper):
    papers = [make_paper(f"{n} " + request.param * 38, **WIDE) for n in range(30)]
    return composed(make_delivery(papers))


def test_a_digest_is_never_longer_than_gmail_shows(mail):
    encoded = mail.wire().partition(BETWEEN)[2]
    assert HTML_LIMIT * 0.8 < len(encoded) <= HTML_LIMIT
    assert len(compose.html_of(mail.message()).encode()) <= HTML_LIMIT


def test_whole_papers_are_left_to_the_page_in_the_browser(mail):
    message = mail.message()
    html = compose.html_of(message)
    shown = message.body.count("Abstract: ")
    assert 5 < shown < 30
    assert html.count('class="card"') == html.count("Abstract</a>") == shown
    assert message.subject.startswith(f"{shown} papers")
    for part in (message.body, html):
        assert f"{30 - shown} more papers would not fit into this mail." in part
    assert message.body.partition("IN THIS MAIL")[2].count(f"\n{shown}. ") == 2
    assert f"\n{shown + 1}. " not in message.body


def test_a_single_paper_fits_whatever_it_says(make_delivery, make_paper):
    loud = {**WIDE, "summary": "深い" * 5000, "authors": ["深い" * 500] * 4}
    mail = composed(make_delivery([make_paper("深い" * 5000, title_key="deep", **loud)]))
    assert len(mail.wire().partition(BETWEEN)[2]) <= HTML_LIMIT
    assert "would not fit" not in mail.message().body


def test_an_ordinary_long_digest_is_whole(make_delivery):
    body = composed(make_delivery(30)).message().body
    assert body.count("Abstract: ") == 30
    assert "would not fit" not in body


@pytest.mark.parametrize(("papers", "has_contents"), [(12, False), (13, True)])
def test_a_long_digest_has_a_table_of_contents(make_delivery, papers, has_contents):
    message = composed(make_delivery(papers)).message()
    assert ("IN THIS MAIL" in message.body) is has_contents
    assert ("In this mail" in compose.html_of(message)) is has_contents
    assert len(re.findall(r"^13\. ", message.body, re.MULTILINE)) == 2 * has_contents


def test_no_reason_is_longer_than_the_estimate(make_delivery, make_paper, make_topic):
    make_topic("wide", name="深" * 80)
    make_topic("wider", name="学" * 80)
    paper = make_paper(topics=["wide", "wider"])
    paper.assignments.update(reason="深" * 200)
    mail = composed(make_delivery([paper]))
    mail.wire()
    [sheet] = mail._press.sheets.values()
    [(_, html)] = sheet.reasons.values()
    assert 800 < len(html) <= REASON
