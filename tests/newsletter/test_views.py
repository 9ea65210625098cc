"""The page of today's digest: who may have it made, and what it says of it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from newsletter import compose, tasks
from newsletter.models import Card, Delivery, Issue, Shell
from newsletter.views import MOVING, NOT_NOW, SENTENCES, UNDER_WAY
from subscriptions import restore, tokens
from subscriptions.models import Subscriber
from subscriptions.tokens import Purpose
from subscriptions.verdicts import State
from tests.conftest import MOMENT


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False):
        yield


@pytest.fixture(autouse=True)
def rings(monkeypatch):
    """How often the doorbell was rung."""
    rung = []
    monkeypatch.setattr(tasks, "ring_pump", lambda: rung.append(1))
    return rung


@pytest.fixture
def press(client, django_capture_on_commit_callbacks):
    def post(reader: Subscriber, **options):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(page_of(reader), **options)

    return post


def page_of(reader: Subscriber, purpose: Purpose = Purpose.PREFERENCES) -> str:
    return reverse("newsletter:today", args=[tokens.make(purpose, reader)])


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(client, make_subscriber, make_paper, method, rings):
    make_paper(topics=["agents"])
    reader = make_subscriber(topics=["agents"])
    response = getattr(client, method)(page_of(reader))

    assert response.status_code == 200
    assert not Issue.objects.exists()
    assert not Delivery.objects.exists()
    assert rings == []


def test_a_page_without_a_digest_offers_one(client, make_subscriber):
    page = text_of(client.get(page_of(make_subscriber())))
    assert "has not been made yet" in page
    assert "Send me today&#x27;s digest" in page or "Send me today's digest" in page


def test_the_button_makes_the_digest_and_rings(press, client, make_subscriber, make_paper, rings):
    make_paper("The one", topics=["agents"])
    reader = make_subscriber(topics=["agents"])
    response = press(reader)

    assert (response.status_code, response["Location"]) == (302, page_of(reader))
    assert Delivery.objects.get().subscriber == reader
    assert rings == [1]
    page = text_of(client.get(page_of(reader)))
    assert "The one" in page
    assert "you follow Agents" in page
    assert UNDER_WAY in page


def test_pressing_again_makes_nothing_new(press, make_subscriber, make_paper):
    make_paper(topics=["agents"])
    reader = make_subscriber(topics=["agents"])
    assert [press(reader).status_code for _ in range(3)] == [302] * 3
    assert Delivery.objects.count() == 1


def test_a_restored_database_makes_no_digest_and_says_so(press, make_subscriber, make_paper, rings):
    make_paper(topics=["agents"])
    restore.freeze("a test")
    response = press(make_subscriber(topics=["agents"]))
    assert (response.status_code, rings) == (503, [])
    assert NOT_NOW in text_of(response)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_page(client, make_delivery, state):
    delivery = make_delivery(state=state)
    response = client.get(page_of(delivery.subscriber))
    page = text_of(response)

    assert response.status_code == 200
    assert SENTENCES.get(state, UNDER_WAY) in page
    assert ('http-equiv="refresh"' in page) is (state in MOVING)
    assert ("Look again" in page) is (state == State.DEFERRED)
    assert "<form" not in page


def test_a_state_that_ends_has_a_sentence():
    assert set(SENTENCES) == set(State) - MOVING - {State.DEFERRED}


def test_the_page_stops_looking_by_itself_after_a_minute(client, make_delivery):
    delivery = make_delivery()
    with time_machine.travel(MOMENT + timedelta(seconds=61), tick=False):
        page = text_of(client.get(page_of(delivery.subscriber)))
    assert 'http-equiv="refresh"' not in page
    assert "Look again" in page


def test_yesterdays_digest_is_not_todays(client, make_delivery):
    delivery = make_delivery()
    with time_machine.travel("2026-03-18 00:00:00Z", tick=False):
        assert "has not been made yet" in text_of(client.get(page_of(delivery.subscriber)))


def test_the_digest_of_another_reader_is_not_shown(client, make_delivery, make_subscriber):
    make_delivery()
    response = client.get(page_of(make_subscriber()))
    assert response.context["delivery"] is None
    assert response.context["items"] == []


def test_today_is_the_readers_own_date(press, make_subscriber, make_paper):
    make_paper(topics=["agents"])
    press(make_subscriber(time_zone="Pacific/Auckland", topics=["agents"]))
    assert str(Issue.objects.get().on) == "2026-03-18"


def test_asking_too_early_does_not_cost_the_digest_of_the_day(press, make_subscriber, rings):
    response = press(make_subscriber(topics=["agents"]))
    assert "nothing new on your topics yet" in text_of(response)
    assert not Delivery.objects.exists()
    assert not Issue.objects.exists()
    assert rings == []


@pytest.mark.parametrize("state", [s for s in Subscriber.State if s != "confirmed"])
def test_who_is_no_reader_gets_a_page_and_no_digest(press, make_subscriber, state, rings):
    response = press(make_subscriber(state=state))

    assert response.status_code == 200
    assert "We do not write to you" in text_of(response)
    assert response.context["may_ask"] is False
    assert not Issue.objects.exists()
    assert rings == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_bad_link_leads_to_a_kind_page(client, make_subscriber, method, rings):
    reader = make_subscriber()
    for page in (
        reverse("newsletter:today", args=["nonsense"]),
        page_of(reader, Purpose.UNSUBSCRIBE),
        page_of(Subscriber(public_id=reader.public_id, token_version=7)),
    ):
        response = getattr(client, method)(page)
        assert response.status_code == 404
        assert "This link does not work" in text_of(response)
    assert rings == []


def test_nobody_keeps_the_address_of_the_page(client, make_subscriber):
    reader = make_subscriber()
    for page in (page_of(reader), reverse("newsletter:today", args=["nonsense"])):
        response = client.get(page)
        assert "no-store" in response["Cache-Control"]
        assert response["X-Robots-Tag"] == "noindex"
        # With "no-referrer" browsers send "Origin: null", and the button would not work.
        assert response["Referrer-Policy"] == "same-origin"


def test_other_sites_cannot_press_the_button(make_subscriber):
    response = Client(enforce_csrf_checks=True).post(page_of(make_subscriber()))
    assert response.status_code == 403
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client, make_subscriber, method):
    assert getattr(client, method)(page_of(make_subscriber())).status_code == 405


@pytest.mark.parametrize("papers", [1, 20])
def test_queries_do_not_grow_with_papers(client, make_delivery, django_assert_num_queries, papers):
    delivery = make_delivery(papers)
    with django_assert_num_queries(5):  # reader, delivery, papers, assignments, topics
        client.get(page_of(delivery.subscriber))


# --- a digest in the browser ----------------------------------------------------------


def in_browser(reader: Subscriber, kind="daily", on="2026-03-17", purpose=Purpose.DIGEST) -> str:
    token = tokens.make(purpose, reader)
    return reverse("newsletter:digest", args=[token, kind, on])


def test_the_address_in_the_mail_shows_the_same_papers_for_ever(client, make_delivery, make_paper):
    delivery = make_delivery([make_paper("Nice & old", topics=["agents"])], on=date(2025, 6, 1))
    mail = compose.compose_all([delivery])(delivery).message()
    [address] = re.findall(r"https://\S+/digest/\S+", mail.body)
    response = client.get(urlsplit(address).path)

    assert response.status_code == 200
    assert "Nice &amp; old" in text_of(response)
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("kind", "on"),
    [("daily", "2026-03-16"), ("weekly", "2026-03-17"), ("daily", "today"), ("x", "2026-02-30")],
)
def test_a_digest_that_was_never_sent_is_a_bad_link(client, make_delivery, kind, on):
    reader = make_delivery().subscriber
    assert client.get(in_browser(reader, kind, on)).status_code == 404


def test_nobody_sees_the_digest_of_another_reader(client, make_delivery, make_subscriber):
    make_delivery()
    assert client.get(in_browser(make_subscriber())).status_code == 404


@pytest.mark.parametrize("purpose", Purpose)
def test_a_digest_in_the_browser_opens_with_its_own_link_only(client, make_delivery, purpose):
    page = in_browser(make_delivery().subscriber, purpose=purpose)
    assert client.get(page).status_code == (200 if purpose is Purpose.DIGEST else 404)


def test_a_link_that_was_passed_on_shows_a_digest_and_opens_nothing_else(client, make_delivery):
    reader = make_delivery().subscriber
    token = tokens.make(Purpose.DIGEST, reader)
    page = text_of(client.get(reverse("newsletter:digest", args=[token, "daily", "2026-03-17"])))

    assert "use the links in your mail" in page
    assert "More like this" not in page
    assert reader.public_id.hex not in page
    for name in ("preferences", "unsubscribe", "confirm", "today"):
        assert client.post(f"/{name}/{token}/").status_code == 404


def test_a_digest_in_the_browser_cannot_be_posted_to(client, make_delivery):
    assert client.post(in_browser(make_delivery().subscriber)).status_code == 405


def test_the_page_shows_the_bytes_of_the_mail_but_for_its_links(client, make_delivery):
    delivery = make_delivery(3)
    mail = compose.html_of(compose.compose_all([delivery])(delivery).message())
    page = client.get(in_browser(delivery.subscriber)).content.decode()
    cards = re.findall(r'<div class="card".*?</p>\n(?=<p class="quiet say")', mail, re.DOTALL)
    assert len(cards) == 3
    assert all(card in page for card in cards)
    assert set(re.findall(r"[\w-]{52}", mail)) & set(re.findall(r"[\w-]{52}", page)) == set()


@pytest.mark.parametrize("path", ["digest", "edition"])
def test_a_mail_as_a_page_can_ask_nobody_for_anything(client, make_delivery, path):
    delivery = make_delivery()
    compose.compose_all([delivery])
    Issue.objects.update(state=Issue.State.OPEN)
    page = in_browser(delivery.subscriber) if path == "digest" else "/issue/daily-20260317/"
    policy = client.get(page)["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "style-src 'unsafe-inline'", "form-action 'none'"} <= set(policy)
    assert "script" not in " ".join(policy)


def test_looking_at_a_digest_stores_nothing(client, make_delivery):
    delivery = make_delivery()
    assert client.get(in_browser(delivery.subscriber)).status_code == 200
    assert not Card.objects.exists()
    assert not Shell.objects.exists()


# --- the archive ----------------------------------------------------------------------


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


def test_the_header_of_a_mail_leads_to_its_issue_in_the_archive(client, sent):
    mail = compose.compose_all(sent)(sent[0]).message()
    link = urlsplit(mail.extra_headers["Archived-At"].strip("<>")).path
    assert "Cool one" in text_of(client.get(link))


def test_the_archive_lists_what_was_sent(client, sent):
    page = text_of(client.get("/archive/"))
    assert 'href="/issue/daily-20260317/"' in page
    assert "Tuesday, 17 March 2026" in page


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
