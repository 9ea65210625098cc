"""Leaving, coming back at once, and less mail instead."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from subscriptions import cadence, goodbye, optin, tokens
from subscriptions.goodbye import Less
from subscriptions.models import Consent, Farewell, Subscriber, Suppression, address_hash
from subscriptions.optin import Choices
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT
from tests.subscriptions.pages import path, snapshot

State, Cadence = Subscriber.State, Subscriber.Cadence
DAY = timedelta(days=1)
TODAY = MOMENT.date()
A_WEEK = {Cadence.DAILY: 7, Cadence.WEEKDAYS: 5, Cadence.WEEKLY: 1, Cadence.MONTHLY: 0.25}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


@pytest.fixture
def page(make_subscriber):
    """The address of the page for leaving of a reader with these fields."""
    return lambda **fields: path(Purpose.UNSUBSCRIBE, make_subscriber(**fields))


def now_of(reader: Subscriber) -> Subscriber:
    return Subscriber.objects.get(pk=reader.pk)


# --- less mail ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "changed"),
    [
        (Less.WEEKLY, {"cadence": "weekly"}),
        (Less.FEWER, {"length": 3}),
        (Less.TWO_WEEKS, {"paused_until": TODAY + 14 * DAY}),
        (Less.MONTH, {"paused_until": TODAY + 30 * DAY}),
    ],
)
def test_each_button_does_what_it_says_and_no_more(client, make_subscriber, choice, changed):
    reader = make_subscriber(topics=["agents"], next_digest_at=MOMENT + DAY, length=7)
    link = path(Purpose.UNSUBSCRIBE, reader)
    answer = client.post(f"{link}{choice.value}/")
    assert (answer.status_code, answer["Location"]) == (303, f"{link}?saved")
    found = now_of(reader)
    assert {name: getattr(found, name) for name in changed} == changed
    assert found.state == State.CONFIRMED
    assert not answer.cookies


def test_whoever_gets_one_a_week_may_have_one_a_month(client, make_subscriber):
    reader = make_subscriber(cadence="weekly", next_digest_at=MOMENT + DAY)
    client.post(path(Purpose.UNSUBSCRIBE, reader) + "monthly/")
    assert now_of(reader).cadence == "monthly"


def test_no_button_brings_more_mail_whatever_the_reader_has(make_subscriber):
    pauses = (None, TODAY - DAY, TODAY + DAY, TODAY + 20 * DAY, TODAY + 200 * DAY)
    lengths, states = (1, 3, 30), (State.CONFIRMED, State.UNSUBSCRIBED, State.PENDING)
    for kind, length, until, state in product(Cadence, lengths, pauses, states):
        for choice in Less:
            reader = make_subscriber(
                cadence=kind, length=length, paused_until=until, paused_on=until and TODAY,
                next_digest_at=MOMENT + DAY, state=state,
            )  # fmt: skip
            goodbye.lessen(reader, choice, at=MOMENT)
            found = now_of(reader)
            assert A_WEEK[Cadence(found.cadence)] <= A_WEEK[kind]
            assert found.length <= length
            assert found.state == state
            assert until is None or (found.paused_until or TODAY) >= until


def test_only_what_is_less_is_offered(client, page):
    def offered(**fields):
        return {offer.value for offer in client.get(page(**fields)).context["offers"]}

    assert offered() == {"weekly", "fewer", "two-weeks", "month", "feed"}
    assert offered(cadence="weekly", length=3) == {"monthly", "two-weeks", "month", "feed"}
    assert offered(cadence="monthly", paused_until=TODAY + 20 * DAY) == {"fewer", "month", "feed"}
    assert offered(wants_mail=False) == set()
    assert offered(state=State.PENDING) == set()


def test_pressing_twice_is_as_pressing_once(client, make_subscriber):
    reader = make_subscriber(next_digest_at=MOMENT + DAY)
    link = path(Purpose.UNSUBSCRIBE, reader)
    for choice in ("weekly", "fewer", "month"):
        client.post(f"{link}{choice}/")
        once = Subscriber.objects.filter(pk=reader.pk).values().get()
        client.post(f"{link}{choice}/")
        assert Subscriber.objects.filter(pk=reader.pk).values().get() == once


def test_a_pause_moves_the_next_digest_behind_it(client, make_subscriber):
    reader = make_subscriber(next_digest_at=MOMENT + DAY)
    client.post(path(Purpose.UNSUBSCRIBE, reader) + "two-weeks/")
    assert now_of(reader).next_digest_at.date() == TODAY + 14 * DAY


@pytest.mark.parametrize("choice", [*Less.values, "leave", "nonsense"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_address_of_a_button_changes_nothing(client, page, choice, method):
    link = page(topics=["agents"])
    before = snapshot()
    assert getattr(client, method)(f"{link}{choice}/")["Location"] == link
    assert snapshot() == before


def test_the_page_shows_no_address_sets_no_cookie_and_hands_out_no_other_key(client, page):
    link = page(email="alice@example.net", topics=["agents"])
    answer = client.get(link)
    assert "alice@example.net" not in answer.text
    assert not answer.cookies
    assert "/preferences/" not in answer.text
    assert link not in answer.text  # the buttons are named relative to it


def test_the_page_asks_the_same_few_questions_however_much_is_followed(
    client, page, django_assert_num_queries
):
    for topics in (["a"], ["a", "b", "c", "d"]):
        link = page(topics=topics)
        with django_assert_num_queries(2):
            client.get(link)


# --- leaving --------------------------------------------------------------------------


@pytest.mark.parametrize("choice", ["leave", "nonsense", "weekly-", "0"])
def test_whatever_is_no_other_button_means_leaving(strict_client, make_subscriber, choice):
    reader = make_subscriber(topics=["agents"])
    link = path(Purpose.UNSUBSCRIBE, reader)
    body = b"List-Unsubscribe=One-Click" + b"\xff" * 3_000_000
    answer = strict_client.generic("POST", f"{link}{choice}/", body)
    assert answer.status_code == 303
    assert not answer.cookies
    assert now_of(reader).state == State.UNSUBSCRIBED


def test_the_answer_to_a_mail_service_leads_nowhere(client, page):
    link = page(topics=["agents"])
    answer = client.post(link, {"List-Unsubscribe": "One-Click"})
    assert "/return/" not in answer.text
    assert "<form" not in answer.text


def test_who_reads_by_feed_stays_and_gets_no_mail(client, make_subscriber):
    reader = make_subscriber(topics=["agents", "robotics"], next_digest_at=MOMENT - DAY)
    answer = client.post(path(Purpose.UNSUBSCRIBE, reader) + "feed/", follow=True)
    assert 'href="/feeds/topics/agents+robotics.atom"' in answer.text
    assert "You get no mail" in answer.text
    assert 'action="weekly/"' not in answer.text  # which would bring him more
    reader = now_of(reader)
    assert (reader.is_deliverable, reader.wants_mail, reader.next_digest_at) == (True, False, None)
    assert not Subscriber.objects.due(at=MOMENT + 400 * DAY).exists()


def test_no_other_wish_brings_the_mail_back_but_asking_for_it(client, make_subscriber):
    reader = make_subscriber(topics=["agents"], wants_mail=False, next_digest_at=None)
    link = path(Purpose.UNSUBSCRIBE, reader)
    for choice in Less.values:
        client.post(f"{link}{choice}/")
    optin.amend(reader, {"hour": 9}, at=MOMENT)
    client.post(f"{link}leave/")
    goodbye.come_back(reader, at=MOMENT, ip=None, page="/return/")
    reader = now_of(reader)
    assert (reader.is_deliverable, reader.wants_mail, reader.next_digest_at) == (True, False, None)

    optin.amend(reader, {"wants_mail": True}, at=MOMENT)
    assert now_of(reader).next_digest_at is not None


def test_who_signs_up_anew_gets_mail_again(client, make_subscriber):
    reader = make_subscriber(topics=["agents"], wants_mail=False, next_digest_at=None)
    optin.leave(reader, at=MOMENT, ip=None, page="/unsubscribe/")
    optin.ask(reader.email, topics=[], choices=Choices(), at=MOMENT, ip=None, page="/")
    optin.confirm(reader, at=MOMENT, ip=None, page="/confirm/")
    assert now_of(reader).next_digest_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_thousand_ways_out_at_once_are_one_event(make_subscriber):
    reader = make_subscriber()
    link = path(Purpose.UNSUBSCRIBE, reader)
    said = {"at": MOMENT, "ip": None, "page": "/unsubscribe/"}

    start = Barrier(8)

    def leave(number: int) -> bool:
        if number % 25 == 24:  # over HTTP: a mail service, and the button
            address = link if number % 50 else f"{link}leave/"
            return Client().post(address).status_code == 303
        if number % 2:  # as a mail service
            optin.leave(reader, **said)
            return False
        return goodbye.leave(reader, **said)

    def leave_often(first: int) -> list[bool]:
        try:
            connection.ensure_connection()
            start.wait()
            return [leave(number) for number in range(first, 1000, 8)]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        may_return = [one for told in pool.map(leave_often, range(8)) for one in told]
    assert len(may_return) == 1000
    assert sum(may_return) <= 1  # whoever was first, unless that was a mail service
    assert reader.consents.get().act == Consent.Act.LEFT


# --- coming back ----------------------------------------------------------------------


@pytest.fixture
def left(client, make_subscriber):
    """A reader who has just left, and the page that he came to."""
    reader = make_subscriber(topics=["agents"], next_digest_at=MOMENT + DAY)
    answer = client.post(path(Purpose.UNSUBSCRIBE, reader) + "leave/")
    return reader, answer["Location"]


def test_leaving_can_be_taken_back_at_once(client, left):
    reader, link = left
    assert "That was a slip" in client.get(link).text
    answer = client.post(link, follow=True)
    assert "You are back" in answer.text
    found = now_of(reader)
    assert (found.state, found.next_digest_at) == (State.CONFIRMED, cadence.plan(found, at=MOMENT))
    acts = [(consent.act, consent.wording) for consent in reader.consents.order_by("pk")]
    assert acts == [("left", ""), ("returned", "That was a slip: send me papers as before")]


def test_taking_it_back_twice_is_one_event(client, left):
    reader, link = left
    first, second = client.post(link), client.post(link)
    assert first["Location"] == second["Location"]
    assert reader.consents.count() == 2


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_page_of_who_left_changes_nothing(client, left, method):
    before = snapshot()
    assert getattr(client, method)(left[1]).status_code == 200
    assert snapshot() == before


def test_the_way_back_is_closed_after_half_an_hour(client, left, clock):
    reader, link = left
    clock.shift(timedelta(minutes=30))
    assert client.get(link).status_code == 200
    clock.shift(timedelta(minutes=1))
    assert client.get(link).status_code == client.post(link).status_code == 404
    assert now_of(reader).state == State.UNSUBSCRIBED


def test_opening_the_page_again_and_again_keeps_no_way_open(client, left, clock):
    link = left[1]
    for _ in range(4):
        clock.shift(timedelta(minutes=10))
        answer = client.get(link)
        link = answer.context["return_url"] if answer.status_code == 200 else link
    assert client.post(link).status_code == 404


def test_who_leaves_again_is_not_brought_back_by_the_first_link(client, left):
    reader, link = left
    client.post(link)
    client.post(path(Purpose.UNSUBSCRIBE, now_of(reader)))
    assert client.post(link).status_code == 404
    assert now_of(reader).state == State.UNSUBSCRIBED


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.UNSUBSCRIBED},  # long ago, perhaps
        {"state": State.PENDING},  # never said yes
        {"paused_until": TODAY + DAY, "paused_on": TODAY},  # coming back would end the pause
    ],
)
def test_an_old_digest_brings_nobody_back(client, make_subscriber, fields):
    reader = make_subscriber(**fields)
    answer = client.post(path(Purpose.UNSUBSCRIBE, reader) + "leave/")
    assert answer.status_code == 200
    assert "/return/" not in answer.text
    assert now_of(reader).state == State.UNSUBSCRIBED


def test_who_was_suppressed_meanwhile_is_not_brought_back(client, left):
    reader, link = left
    Suppression.objects.create(address_hash=address_hash(reader.email), at=MOMENT)
    assert client.post(link).status_code == 404
    assert now_of(reader).state == State.UNSUBSCRIBED


# --- why ------------------------------------------------------------------------------


def test_one_reason_is_kept_and_the_last_one_counts(client, left):
    reader, link = left
    for reason in ("too-many", "no-time"):
        answer = client.post(f"{link}reason/", {"reason": reason})
        assert (answer.status_code, answer["Location"]) == (303, f"{link}?thanks")
    assert "Thank you." in client.get(answer["Location"]).text
    assert reader.farewells.get().reason == "no-time"


@pytest.mark.parametrize("reason", ["", "x", "\0", "\ud800", "<b>", "o" * 10_000])
def test_an_odd_reason_is_told_beside_its_field(client, left, reason):
    sent = reason.encode("utf-8", "surrogatepass")
    body = b"reason=" + b"".join(b"%%%02X" % octet for octet in sent)
    kind = "application/x-www-form-urlencoded"
    answer = client.generic("POST", f"{left[1]}reason/", body, content_type=kind)
    assert answer.status_code == 200
    assert "Please choose one of the reasons." in answer.text
    assert not Farewell.objects.exists()


def test_a_reason_stays_without_who_gave_it(left):
    reader, _ = left
    goodbye.say_why(reader, Farewell.Reason.NO_TIME, at=MOMENT)
    reader.delete()
    assert Farewell.objects.get().subscriber is None


def test_operators_see_how_often_each_reason_was_given(admin_client, make_subscriber):
    for reason in ("no-time", "no-time", "other"):
        goodbye.say_why(make_subscriber(), Farewell.Reason(reason), at=MOMENT)
    page = admin_client.get(reverse("admin:subscriptions_farewell_changelist"))
    counts = dict(page.context["counts"])
    assert (counts["I do not get to read them"], counts["Something else"]) == (2, 1)
    assert "example.net" not in page.text


def test_the_link_of_leaving_opens_no_way_back(make_subscriber, client):
    reader = make_subscriber(state=State.UNSUBSCRIBED)
    token = tokens.make(Purpose.UNSUBSCRIBE, reader)
    assert client.post(f"/return/{token}/").status_code == 404
