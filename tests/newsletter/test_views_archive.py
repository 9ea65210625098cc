"""The archive: issues as they are to everybody, about nobody."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
import time_machine

from newsletter import compose
from newsletter.models import Issue
from tests.conftest import MOMENT
from tests.newsletter.pages import text_of


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False):
        yield


@pytest.fixture
def sent(make_delivery, make_paper):
    """An issue with a hot and a cool paper, sent to two readers."""
    hot, cool = make_paper("Hot one", trend_score=0.9), make_paper("Cool one", trend_score=0.1)
    chunk = [make_delivery([cool]), make_delivery([hot])]
    compose.compose_all(chunk)
    Issue.objects.update(state=Issue.State.OPEN)
    return chunk


def test_an_issue_in_the_archive_is_about_nobody(client, sent):
    page = text_of(client.get("/issue/daily-20260317/"))
    assert page.index("Hot one") < page.index("Cool one")
    assert "2 papers of the day" in page
    assert "Why:" not in page
    assert not re.search(r"[\w-]{52}/", page)
    assert "/paper/" not in page


def test_an_issue_has_one_address(client, sent):
    canonical = '<https://news.example.org/issue/daily-20260317/>; rel="canonical"'
    assert client.get("/issue/daily-20260317/")["Link"] == canonical


def test_the_header_of_a_mail_leads_to_its_issue_in_the_archive(client, sent):
    mail = compose.compose_all(sent)(sent[0]).message()
    link = urlsplit(mail.extra_headers["Archived-At"].strip("<>")).path
    assert "Cool one" in text_of(client.get(link))


def test_the_archive_lists_what_was_sent(client, sent):
    page = text_of(client.get("/archive/"))
    assert 'href="/issue/daily-20260317/"' in page
    assert "17 March 2026" in page


@pytest.mark.parametrize("state", [Issue.State.CHECKING, Issue.State.CANCELLED])
def test_what_was_not_sent_is_not_in_the_archive(client, sent, state):
    Issue.objects.update(state=state)
    assert "17 March" not in text_of(client.get("/archive/"))
    assert client.get("/issue/daily-20260317/").status_code == 404


@pytest.mark.parametrize("slug", ["daily-2026", "daily-20260318", "x", "hourly-20260317", "-"])
def test_an_issue_that_never_was_is_not_found(client, sent, slug):
    assert client.get(f"/issue/{slug}/").status_code == 404


def test_help_says_how_to_leave(client, db):
    assert "Unsubscribe" in text_of(client.get("/help/"))
