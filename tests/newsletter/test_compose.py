"""The digest as it leaves: its headers, its two parts, its links."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from anymail.message import AnymailMessage
from django.test import Client

from newsletter import compose
from newsletter.models import Delivery, Issue
from papers.models import Paper, Topic
from subscriptions import links, mail_tokens, tokens
from subscriptions.composing import NotToBeSent
from subscriptions.models import Consent, Subscriber

SITE = "https://news.example.org"
NASTY_TITLES = [
    "If a < b & c > d",
    "Braces {{ items }} and {{x}}",
    "Tags {% debug %} and {# none #}",
    "<script>alert(1)</script>",
    "Quotes \" and ' here",
    "Über $\\alpha_{i}$ 深層学習 🧪",
]


def composed(delivery: Delivery) -> AnymailMessage:
    return compose.compose_all([delivery])(delivery).message()


def html_of(message: AnymailMessage) -> str:
    return str(message.alternatives[0].content)


def addresses_in(text: str) -> set[str]:
    return {unescape(link) for link in re.findall(r"https?://[^\s\"<>]+", text)}


def own_paths(message: AnymailMessage) -> list[str]:
    """The pages of our site that the mail links to."""
    found = addresses_in(message.body) | addresses_in(html_of(message))
    return sorted(urlsplit(link).path for link in found if link.startswith(SITE))


# --- headers --------------------------------------------------------------------------


def test_the_headers_are_those_of_bulk_mail(make_delivery):
    delivery = make_delivery()
    headers = composed(delivery).extra_headers

    assert headers["List-Unsubscribe"] == f"<{links.unsubscribe(delivery.subscriber)}>"
    assert re.fullmatch(rf"<{SITE}/unsubscribe/[\w.~-]+/>", headers["List-Unsubscribe"])
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Id"] == "Trending Papers <digest.news.example.org>"
    assert headers["List-Archive"] == f"<{SITE}/archive/>"
    assert headers["List-Help"] == f"<{SITE}/help/>"
    assert headers["Archived-At"] == f"<{SITE}/issue/daily-20260317/>"
    assert headers["X-Entity-Ref-ID"] == str(delivery.public_id)
    assert headers["Feedback-ID"] == "daily-20260317:daily:digest:newsletter"
    assert headers["Precedence"] == "bulk"
    assert headers["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Papers, Inc.", '"Papers, Inc." <digest.news.example.org>'),
        ("Käse", "=?utf-8?b?S8Okc2U=?= <digest.news.example.org>"),
    ],
)
def test_a_list_id_is_readable_whatever_the_sites_name(make_delivery, settings, name, expected):
    settings.SITE_NAME = name
    assert composed(make_delivery()).message()["List-Id"] == expected


def test_a_mailbox_for_leaving_comes_second_and_only_if_there_is_one(make_delivery, settings):
    settings.UNSUBSCRIBE_MAILBOX = "unsub@news.example.org"
    delivery = make_delivery()
    value = composed(delivery).extra_headers["List-Unsubscribe"]
    ways = rf"<{SITE}/unsubscribe/(\S{{52}})/>, <mailto:unsub\+([a-z2-7]{{48}})@\S+>"
    found = re.fullmatch(ways, value)
    assert tokens.read(tokens.Purpose.UNSUBSCRIBE, found[1]) == delivery.subscriber
    assert mail_tokens.read(found[2]) == delivery.subscriber


def test_the_message_id_is_the_same_for_every_try(make_delivery):
    delivery = make_delivery()
    ids = {composed(delivery).extra_headers["Message-ID"] for _ in range(2)}
    assert ids == {f"<{delivery.public_id}@news.example.org>"}


def test_it_is_addressed_to_the_reader_alone(make_delivery, make_subscriber):
    delivery = make_delivery(reader=make_subscriber("ann@example.net"))
    message = composed(delivery)
    assert message.recipients() == ["ann@example.net"]
    assert message.message().get_all("To") == ["ann@example.net"]
    assert message.from_email == "Trending Papers <digest@news.example.org>"


def test_the_subject_counts_papers_and_names_the_first(make_delivery, make_paper):
    papers = [make_paper("A first title", topics=["agents"]), make_paper(topics=["agents"])]
    assert composed(make_delivery(papers)).subject == "2 papers for you: A first title"
    assert composed(make_delivery(papers[:1])).subject == "1 paper for you: A first title"


def test_a_long_title_is_cut_in_the_subject(make_delivery, make_paper):
    subject = composed(make_delivery([make_paper("A long title " * 20)])).subject
    assert subject.endswith("A long title A...")
    assert len(subject.partition(": ")[2]) <= 60


@pytest.mark.parametrize(
    "title",
    ["Two\r\nBcc: eve@example.net", "Turned \u202eround\u2066", "Nul\0 and \u2028 and \x85"],
)
def test_no_title_can_start_a_header_or_turn_the_subject_round(make_delivery, title):
    delivery = make_delivery(papers=1)
    storable = title.replace("\0", "")  # Postgres takes no NUL
    Paper.objects.update(title=storable)
    message = composed(delivery)
    assert message.subject.isprintable()
    assert "Bcc" not in message.message()
    assert message.recipients() == [delivery.subscriber.email]


# --- what is in it --------------------------------------------------------------------


@pytest.mark.parametrize("title", NASTY_TITLES)
def test_titles_are_text_and_nothing_else(make_delivery, make_paper, title):
    message = composed(make_delivery([make_paper(title, abstract=f"We say: {title}.")]))
    assert title in message.subject
    assert title in message.body
    assert title in unescape(html_of(message))
    assert "<script>" not in html_of(message)


def test_both_parts_have_every_title_and_link(make_delivery, make_paper):
    papers = [
        make_paper(
            f"Title number {number}",
            topics=["agents"],
            code_url=f"https://code.example.org/{number}?a=1&b=2",
            project_url=f"https://project.example.org/{number}",
        )
        for number in range(10)
    ]
    message = composed(make_delivery(papers))
    expected = {
        link
        for paper in papers
        for link in (paper.abstract_url, paper.pdf_url, paper.code_url, paper.project_url)
    }
    assert len(expected) == 40
    for part in (message.body, html_of(message)):
        assert expected <= addresses_in(part)
        assert all(paper.title in part for paper in papers)


@pytest.mark.parametrize("count", [100, 5000])
def test_very_many_authors_are_counted_not_listed(make_delivery, make_paper, count):
    paper = make_paper(authors=[f"Author {number}" for number in range(count)])
    message = composed(make_delivery([paper]))
    shown = f"Author 0, Author 1, Author 2 and {count - 3:,} more"
    assert f"    {shown}\n" in message.body
    assert shown in html_of(message)
    assert len(message.message().as_bytes()) < 30_000


def test_why_a_paper_is_there_is_said(make_delivery, make_paper, make_topic):
    for position, slug in enumerate(["first", "second", "third"]):
        make_topic(slug, position=position)
    body = composed(make_delivery([make_paper(topics=["third", "second", "first"])])).body
    why = 'Why: you follow First and Second; title mentions "first"'
    assert why in " ".join(body.split())


def test_a_reason_that_no_longer_holds_is_left_out(make_delivery, make_paper):
    paper = make_paper(topics=["agents"])
    delivery = make_delivery([paper])
    paper.assignments.all().delete()
    assert "Why:" not in composed(delivery).body


def test_our_summary_comes_before_the_abstract(make_delivery, make_paper):
    body = composed(make_delivery([make_paper(summary="In short.", abstract="At length.")])).body
    assert "In short." in body
    assert "At length." not in body


@pytest.mark.parametrize(
    ("papers", "preheader"), [(1, "We study things of kind"), (2, "Also: Paper number")]
)
def test_the_preheader_tells_what_the_subject_does_not(make_delivery, papers, preheader):
    assert f">{preheader}" in html_of(composed(make_delivery(papers)))


def test_a_paper_that_is_gone_is_left_out(make_delivery, make_paper):
    gone, kept = make_paper("Gone"), make_paper("Kept")
    delivery = make_delivery([gone, kept])
    gone.delete()
    message = composed(delivery)
    assert message.subject == "1 paper for you: Kept"
    assert "1.  Kept" in message.body
    assert "Gone" not in message.body + html_of(message)


def test_a_digest_without_papers_is_not_to_be_sent(make_delivery):
    delivery = make_delivery()
    Paper.objects.all().delete()
    with pytest.raises(NotToBeSent, match="gone"):
        composed(delivery)


# --- its links ------------------------------------------------------------------------


def everything() -> list[object]:
    models = (Subscriber, Consent, Delivery, Issue, Paper, Topic)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_every_link_changes_nothing(make_delivery, client, method):
    paths = own_paths(composed(make_delivery()))
    before = everything()
    assert {path.split("/")[1] for path in paths} == {
        "digest",
        "paper",
        "preferences",
        "unsubscribe",
    }
    for path in paths:
        assert getattr(client, method)(path).status_code == 200
    assert everything() == before


def test_one_click_unsubscribes_without_cookies_and_without_a_redirect(make_delivery):
    message = composed(make_delivery())
    link = message.extra_headers["List-Unsubscribe"].strip("<>")
    response = Client(enforce_csrf_checks=True).post(
        urlsplit(link).path, message.extra_headers["List-Unsubscribe-Post"].encode(),
        content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert response.status_code == 200
    assert "Location" not in response
    assert not response.cookies
    assert Subscriber.objects.get().state == Subscriber.State.UNSUBSCRIBED


def test_no_link_tells_who_the_reader_is(make_delivery, make_subscriber):
    reader = make_subscriber("ann.reader@example.net", pk=70203040)
    delivery = make_delivery(reader=reader, pk=80305070)
    message = composed(delivery)
    for link in addresses_in(message.body + html_of(message)):
        assert not any(word in link for word in ("ann", "70203040", "80305070"))
    assert "ann.reader" not in message.body + html_of(message)
