"""Checks that ask the site, a memory or a filter."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client

from newsletter.lint.beyond import (
    Answer,
    is_no_spam,
    looking_changes_nothing,
    nothing_again,
    one_click_works,
)
from subscriptions import links
from subscriptions.models import Consent, Subscriber
from tests.newsletter.lint.good_mail import CHOOSE, HTML, LEAVE, PAPERS, SITE, TEXT, mail


def fetch(method: str, url: str, body: bytes) -> Answer:
    """Ask the site as a mail program does: no cookies, no token against forgery."""
    path = urlsplit(url).path
    form = "application/x-www-form-urlencoded"
    answer = Client(enforce_csrf_checks=True).generic(method, path, body, content_type=form)
    cookies = {"Set-Cookie": "set"} if answer.cookies else {}
    return Answer(answer.status_code, {**answer.headers, **cookies})


def state() -> list:
    return [list(model.objects.order_by("pk").values()) for model in (Subscriber, Consent)]


@pytest.fixture
def to_a_reader(make_subscriber) -> bytes:
    """The good mail with links that work."""
    reader = make_subscriber()
    own = {LEAVE: links.unsubscribe(reader), CHOOSE: links.preferences(reader)}
    html, text = HTML, TEXT
    for before, after in own.items():
        html, text = html.replace(before, after), text.replace(before, after)
    return mail(html=html, text=text, List_Unsubscribe=f"<{own[LEAVE]}>")


def test_one_click_works(to_a_reader):
    assert one_click_works(to_a_reader, fetch=fetch) == []
    assert Subscriber.objects.get().state == Subscriber.State.UNSUBSCRIBED


@pytest.mark.parametrize(
    "answer",
    [Answer(403), Answer(200, {"Location": "/"}), Answer(200, {"set-cookie": "a=b"})],
)
def test_one_click_is_answered_200_and_that_is_all(answer):
    found = one_click_works(mail(), fetch=lambda *request: answer)
    assert [(finding.number, finding.is_hard) for finding in found] == [(10, True)]


def test_looking_at_links_changes_nothing(to_a_reader):
    assert looking_changes_nothing(to_a_reader, site=SITE, fetch=fetch, state=state) == []


def test_a_link_that_does_something_when_it_is_looked_at_is_found():
    seen: list[str] = []

    def note(method: str, url: str, body: bytes) -> Answer:
        seen.append(url)
        return Answer(200 if "preferences" in url else 404)

    found = looking_changes_nothing(mail(), site=SITE, fetch=note, state=lambda: len(seen))
    assert set(seen) == {LEAVE, CHOOSE}  # not those of others
    assert [finding.message.partition("; ")[2] for finding in found] == [
        "GET of preferences does",
        "HEAD of preferences does",
        "GET of unsubscribe answers 404",
        "HEAD of unsubscribe answers 404",
    ]


def test_a_paper_that_was_sent_before_is_found():
    first, second = PAPERS.values()
    assert nothing_again(mail(), already_sent={"https://arxiv.org/abs/1"}) == []
    [finding] = nothing_again(mail(), already_sent={second})
    assert finding.message.endswith(f"{second} is")
    assert len(nothing_again(mail(), already_sent={first, second})) == 2


def test_a_filter_may_give_one_point():
    assert is_no_spam(mail(), score=lambda raw: 1.0) == []
    assert is_no_spam(mail(), score=lambda raw: 1.1)[0].number == 34
