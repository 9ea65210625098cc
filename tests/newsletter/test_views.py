"""The page of today's digest: who may have it made, and what it says of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from newsletter import tasks
from newsletter.models import Delivery, Issue
from newsletter.views import MOVING, NOT_NOW, SENTENCES, UNDER_WAY
from subscriptions import restore, tokens
from subscriptions.models import Subscriber
from subscriptions.tokens import Purpose
from subscriptions.verdicts import State
from tests.conftest import MOMENT
from tests.newsletter.pages import text_of


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
    assert str(UNDER_WAY) in page


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
    assert str(NOT_NOW) in text_of(response)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_page(client, make_delivery, state):
    delivery = make_delivery(state=state)
    response = client.get(page_of(delivery.subscriber))
    page = text_of(response)

    assert response.status_code == 200
    assert str(SENTENCES.get(state, UNDER_WAY)) in page
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
