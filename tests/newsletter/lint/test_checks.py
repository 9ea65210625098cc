"""Every check finds the mail that breaks it, and nothing else is found there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter import lint
from tests.newsletter.lint.good_mail import (
    AT,
    CHOOSE,
    HTML,
    LEAVE,
    PREHEADER,
    SITE,
    SUBJECT,
    TEXT,
    found,
    mail,
    numbers,
)

HARD, SOFT = True, False
PIXEL = '<img src="https://news.example.org/o.png" alt="" width="1" height="1">'
BIG = '<img src="https://news.example.org/a.png" alt="A" width="100" height="100">'


def html(old: str, new: str) -> bytes:
    assert old in HTML
    return mail(html=HTML.replace(old, new))


def text(old: str, new: str) -> bytes:
    assert old in TEXT
    return mail(text=TEXT.replace(old, new))


def inside(markup: str) -> bytes:
    return html("<p ", f"{markup}<p ")


def raw(old: bytes, new: bytes) -> bytes:
    assert old in mail()
    return mail().replace(old, new, 1)


def linked(url: str, said: str = "Its project") -> bytes:
    """A mail with one more link, in both parts."""
    return mail(
        text=f"{TEXT}{said}: {url}\n",
        html=HTML.replace("</body>", f'<a href="{url}" style="color:#2a3fcf">{said}</a></body>'),
    )


def both(old: str, new: str) -> bytes:
    return mail(text=TEXT.replace(old, new), html=HTML.replace(old, new))


CASES = [
    (1, HARD, mail(To="a@example.net, b@example.net")),
    (1, HARD, mail(To=None)),
    (1, HARD, mail(Cc="b@example.net")),
    (2, HARD, mail(From="Papers <digest@example.com>")),
    (2, HARD, mail(From="Papers <other@news.example.org>")),
    (2, HARD, raw(b"From: ", b"From: x@news.example.org\r\nFrom: ")),
    (2, HARD, mail(Sender="digest@news.example.org")),
    (3, SOFT, mail(Reply_To=None)),
    (4, HARD, mail(Subject="Turned \u202eround")),
    (4, HARD, raw(f"Subject: {SUBJECT}".encode(), b"Subject: =?utf-8?b?TmV4dOKAqGxpbmU=?=")),
    (4, HARD, mail(Subject=None)),
    (4, SOFT, mail(Subject="x" * 151)),
    (4, SOFT, mail(Subject="READ THIS NOW PLEASE")),
    (4, SOFT, mail(Subject="Re: two papers")),
    (5, SOFT, mail(Date="Tue, 17 Mar 2026 06:00:03 +0000")),
    (5, SOFT, mail(Date="yesterday")),
    (5, SOFT, mail(Date=None)),
    (6, HARD, mail(Message_ID="<d7f0c9e2-0000-4000-8000-0123456789ab@worker-7.local>")),
    (6, HARD, mail(Message_ID=None)),
    (7, HARD, mail(List_Unsubscribe=f"<{LEAVE.replace('news.', 'other.')}>")),
    (7, HARD, mail(List_Unsubscribe=f"<{LEAVE}>, <{LEAVE}>")),
    (7, HARD, mail(List_Unsubscribe=f"<{LEAVE.replace('https', 'http')}>")),
    (8, HARD, mail(List_Unsubscribe_Post=None)),
    (8, HARD, mail(List_Unsubscribe_Post="List-Unsubscribe=one-click")),
    (9, HARD, mail(List_Unsubscribe=f"<{SITE.origin}/unsubscribe/short/>")),
    (9, HARD, mail(List_Unsubscribe=f"<{SITE.origin}/unsubscribe/17/{'x' * 52}/>")),
    (9, HARD, linked(f"{SITE.origin}/archive/?for=reader@example.net")),
    (9, HARD, linked(f"{SITE.origin}/archive/cmVhZGVyQGV4YW1wbGUubmV0/")),
    (12, SOFT, mail(List_Id="digest.news.example.org")),
    (12, SOFT, mail(List_Id="Papers <digest.example.com>")),
    (12, SOFT, mail(List_Id=None)),
    (13, SOFT, mail(Feedback_ID="20260317:daily:digest")),
    (13, SOFT, mail(Feedback_ID="20260317:daily:digest:news")),
    (13, SOFT, mail(Feedback_ID="daily:daily:digest:papersltr")),
    (13, SOFT, mail(Feedback_ID="d7f0c9e200004000:daily:digest:papersltr")),
    (14, HARD, mail().replace(b"Precedence: bulk\r\n", b"Precedence: bulk\n")),
    (14, HARD, mail().replace(b"Precedence: bulk", b"Precedence: " + b"b" * 990)),
    (14, HARD, mail().replace(b"Precedence: bulk", "Precedence: bülk".encode())),
    (14, SOFT, raw(b"Precedence: bulk", b"Comments: =?utf-8?q?" + b"a" * 80 + b"?=")),
    (15, HARD, text("How diffusion models learn to count", "Another")),
    (15, HARD, text("https://arxiv.org/abs/2603.00002", "")),
    (15, HARD, html("Two papers", "Two papers " + "and more words " * 60)),
    (16, HARD, html("</html>", f"<!-- {'x' * 92_000} --></html>")),
    (16, SOFT, html("</html>", f"<!-- {'x' * 85_000} --></html>")),
    (17, HARD, html("Unsubscribe</a>", "Farewell</a>")),
    (17, HARD, html(f'href="{CHOOSE}"', f'href="{CHOOSE.replace("preferences", "other")}"')),
    (17, HARD, text(f"Unsubscribe:\n{LEAVE}", "")),
    (17, HARD, html(f'href="{LEAVE}" style="', f'href="{LEAVE}" style="display:none;')),
    (18, SOFT, both(SITE.postal_address, "")),
    (19, SOFT, both("because you follow topics at Trending Papers", "from us")),
    (20, SOFT, html(PREHEADER, "Short")),
    (20, SOFT, html(PREHEADER, "word " * 30)),
    (20, SOFT, html(" &#847;&#8199;" * 30, "")),
    (21, HARD, linked("http://arxiv.org/abs/2603.00001")),
    (21, HARD, linked("https://example.com/project")),
    (21, HARD, linked("/archive/")),
    (21, HARD, linked("https://github.io.example.com/")),
    (22, HARD, linked("https://arxiv.org/abs/1", "https://huggingface.co/papers/1")),
    (22, HARD, linked("https://arxiv.org@arxiv.org/abs/1")),
    (23, SOFT, linked("https://arxiv.org/abs/1", "click here")),
    (23, SOFT, linked("https://arxiv.org/abs/1", "")),
    (24, SOFT, inside(BIG.replace('alt="A"', ""))),
    (24, SOFT, inside(BIG.replace('width="100"', ""))),
    (24, SOFT, inside(BIG * 4)),
    (25, HARD, inside(PIXEL)),
    (25, HARD, inside(BIG.replace("a.png", f"{'x' * 24}.png"))),
    (26, HARD, inside("<script></script>")),
    (26, HARD, inside("<form></form>")),
    (26, HARD, inside("<b onclick='x()'></b>")),
    (26, HARD, inside("<b STYLE=\"background:url('https://news.example.org/x')\"></b>")),
    (26, HARD, html("@media", "@import 'x'; @media")),
    (26, HARD, inside("<p><b>not closed</p>")),
    (26, HARD, inside("</i>")),
    (26, HARD, inside("<p>a < b</p>")),
    (26, HARD, inside("<!--> <script></script> -->")),
    (26, HARD, html("<meta name", '<meta http-equiv="refresh"><meta name')),
    (27, SOFT, html(' lang="en"', "")),
    (27, SOFT, html(' dir="ltr"', "")),
    (28, SOFT, html('<table role="presentation" width="100%">', '<table width="100%">')),
    (28, SOFT, html("max-width:600px", "max-width:900px")),
    (28, SOFT, html("[if mso]", "[if lte IE 9]")),
    (29, SOFT, html('content="light dark"', 'content="light"')),
    (29, SOFT, html("color:#5a6070", "color:#9aa0b0")),
    (29, SOFT, html("color: #aebcff", "color: #2a3fcf")),
    (30, SOFT, inside(BIG.replace("https://news.example.org/a.png", "data:image/png;base64,AA"))),
    (31, HARD, both("Trending Papers.", "{{ site_name }}.")),
    (31, HARD, both("Trending Papers.", "%recipient.name%.")),
    (31, HARD, both("Trending Papers.", "*|LIST|*.")),
    (31, HARD, mail(Subject="None papers for you")),
    (31, HARD, mail(Subject="nan papers for you")),
    (31, HARD, mail(Subject="Papers for you: undefined")),
    (32, HARD, both("2603.00002", "2603.00001")),
    (33, SOFT, both("Unsubscribe", "Unsubscribe \ufffd")),
    (33, SOFT, both("Unsubscribe", "Unsubscribe e\u0301")),
    (33, SOFT, mail().replace(b'charset="utf-8"', b'charset="latin-1"', 1)),
]
# What breaks these checks breaks another one by its nature.
TWO = {
    22: [
        (linked("https://bit.ly/x"), {(21, HARD), (22, HARD)}),
        (linked("https://127.0.0.1/x"), {(21, HARD), (22, HARD)}),
    ],
    26: [(linked("javascript:alert(1)"), {(21, HARD), (26, HARD)})],
}


def test_the_good_mail_is_good():
    assert found(mail()) == []


@pytest.mark.parametrize(
    ("number", "is_hard", "broken"),
    CASES,
    ids=[f"{number}-{place}" for place, (number, *_) in enumerate(CASES)],
)
def test_what_breaks_one_check_is_found_by_it_alone(number, is_hard, broken):
    assert numbers(broken) == {(number, is_hard)}


@pytest.mark.parametrize(("broken", "expected"), [case for cases in TWO.values() for case in cases])
def test_a_link_that_hides_is_no_known_one_either(broken, expected):
    assert numbers(broken) == expected


def test_every_number_has_a_case_and_every_row_a_sentence():
    asked = {(number, is_hard) for number, is_hard, _ in CASES}
    assert {(row.number, row.is_hard) for row in lint.CHECKS} == asked
    assert {row.number for row in lint.CHECKS} | {10, 11, 34} == set(range(1, 35))
    assert len({row.wants for row in lint.CHECKS}) == len(lint.CHECKS)


def test_a_preheader_that_repeats_the_subject_is_found():
    subject = "2 papers on diffusion models and forgetting, 17 March"
    broken = mail(Subject=subject, html=HTML.replace(PREHEADER, subject))
    assert [str(finding) for finding in found(broken)] == [
        "20 (soft): the preheader is 40 to 110 characters, padded; it says what the subject says"
    ]


def test_marks_in_papers_are_theirs():
    """LaTeX is full of braces, and "None" is a word."""
    title = "Learning {{x}} and {% y %}: All or None"
    broken = both("How diffusion models learn to count", title)
    assert numbers(broken) == {(31, True)}
    assert numbers(broken, quoted=f"Another. {title}. And more.") == set()


def test_words_that_hold_a_mark_are_words():
    assert numbers(mail(Subject="Nonesuch, finance, nano, undefinedness and bananas")) == set()


def test_a_mail_of_long_ago_is_not_asked_for_its_date():
    old = mail(Date="Tue, 17 Mar 2020 06:00:03 +0000")
    assert lint.check(old, site=SITE) == []
    assert {finding.number for finding in lint.check(old, site=SITE, at=AT)} == {5}


def test_hosts_of_papers_are_allowed_one_by_one():
    broken = linked("https://lab.example.com/x")
    assert numbers(broken) == {(21, True)}
    known = replace(SITE, link_hosts=SITE.link_hosts | {"lab.example.com"})
    assert numbers(broken, site=known) == set()


def test_a_name_under_a_starred_domain_is_allowed():
    assert numbers(linked("https://some-lab.github.io/x")) == set()


def test_a_picture_that_counts_is_allowed_where_the_reader_agreed():
    assert numbers(inside(PIXEL), site=replace(SITE, counts_opens=True)) == set()


def test_a_site_without_tls_may_link_to_itself():
    """A demo on one's own machine: its settings are complained of elsewhere."""
    local = replace(SITE, origin="http://127.0.0.1:8000")
    moved = HTML.replace(SITE.origin, local.origin), TEXT.replace(SITE.origin, local.origin)
    leave = f"<{LEAVE.replace(SITE.origin, local.origin)}>"
    assert numbers(mail(html=moved[0], text=moved[1], List_Unsubscribe=leave), site=local) == set()


@pytest.mark.parametrize("junk", [b"", b"\r\n", b"\xff\x00", b"Subject: =?x?b?!!?=\r\n\r\n"])
def test_junk_is_found_out_and_breaks_nothing(junk):
    assert {1, 2, 6, 7, 8, 15} <= {number for number, _ in numbers(junk)}


def test_the_subject_is_read_as_its_reader_reads_it():
    long = mail(Subject=f"{SUBJECT} — für Käthe")
    assert b"=?utf-8?" in long
    assert numbers(long) == set()
