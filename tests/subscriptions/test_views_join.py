"""The page where readers join, and what strangers and machines can do with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from subscriptions import entrance, forms, optin
from subscriptions.models import Consent, Letter, SignUpCount, Subscriber
from tests.conftest import MOMENT

State = Subscriber.State
JOIN, CHECK_INBOX = "/", "/check-inbox/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


@pytest.fixture
def rings(monkeypatch):
    """How often the doorbell was rung."""
    rung = []
    monkeypatch.setattr(entrance, "ring_letters", lambda: rung.append(1))
    return rung


@pytest.fixture
def sign_up(client, make_topic, rings, django_capture_on_commit_callbacks):
    def post(email="ann@example.net", *, client=client, extra=None, **changes):
        make_topic("agents")
        stamp = forms.make_stamp(MOMENT - timedelta(seconds=5))
        fields = {"email": email, "topics": ["agents"], "cadence": "daily", "stamp": stamp}
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(JOIN, {**fields, **changes}, **(extra or {}))

    return post


def test_the_front_page_shows_topics_papers_and_what_one_agrees_to(client, make_paper):
    for _ in range(13):
        make_paper(topics=["agents"])
    response = client.get(JOIN)

    assert response.status_code == 200
    assert "agents" in [topic.slug for topic in response.context["topics"]]
    assert len(response.context["papers"]) == 12
    assert response.context["list_date"] == datetime(2026, 3, 16, tzinfo=UTC).date()
    page = unescape(response.content.decode())
    assert all(line in page for line in optin.WORDING.splitlines())


def test_the_front_page_works_before_the_first_paper(client, db):
    response = client.get(JOIN)

    assert response.status_code == 200
    assert response.context["list_date"] is None


def test_the_front_page_costs_the_same_however_many_papers(
    client, make_paper, django_assert_num_queries
):
    for _ in range(12):
        make_paper(topics=["agents", "vision"])
    with django_assert_num_queries(6):  # topics, newest list twice, papers, assignments, topics
        client.get(JOIN)


def test_signing_up_writes_a_letter_and_rings_the_doorbell(sign_up, rings):
    response = sign_up(
        hour="9", weekday="4", time_zone="Asia/Tokyo", cadence="weekly", length="15",
        keywords="World models, LoRA",
    )  # fmt: skip

    assert (response.status_code, response["Location"]) == (303, CHECK_INBOX)
    reader = Subscriber.objects.get()
    assert (reader.email, reader.state) == ("ann@example.net", State.PENDING)
    assert (reader.cadence, reader.hour, reader.time_zone) == ("weekly", 9, "Asia/Tokyo")
    assert (reader.weekday, reader.length) == (4, 15)
    assert {str(wish) for wish in reader.wishes.all()} == {"world models", "lora"}
    assert reader.letters.get().kind == Letter.Kind.CONFIRM
    assert reader.consents.get().ip == "127.0.0.1"
    assert rings == [1]


def test_a_form_with_a_mistake_is_shown_again_and_nothing_is_stored(sign_up, rings):
    response = sign_up("a@localhost", topics=[])

    assert response.status_code == 200
    assert set(response.context["form"].errors) == {"email", "topics"}
    assert not Subscriber.objects.exists()
    assert not SignUpCount.objects.exists()
    assert rings == []


def test_a_bot_is_told_that_all_went_well(sign_up, rings):
    response = sign_up(website="https://spam.example")

    assert (response.status_code, response["Location"]) == (303, CHECK_INBOX)
    assert not Subscriber.objects.exists()
    assert rings == []


@pytest.mark.parametrize("state", [None, *State])
def test_the_answer_does_not_tell_who_is_a_reader(sign_up, make_subscriber, rings, state):
    if state:
        make_subscriber("ann@example.net", state=state)
    response = sign_up()

    assert (response.status_code, response["Location"]) == (303, CHECK_INBOX)
    assert response.content == b""
    assert sorted(response.headers) == [
        "Content-Length", "Content-Security-Policy", "Content-Type", "Cross-Origin-Opener-Policy",
        "Location", "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options",
    ]  # fmt: skip
    assert Letter.objects.count() == 1
    assert rings == [1]


def test_the_same_statements_are_sent_for_every_address(sign_up, make_subscriber, make_topic):
    """What must not happen is written and taken back."""
    sign_up("first@example.net")  # makes what is made once
    sent = []
    for state in (None, *State):
        if state:
            make_subscriber(f"{state}@example.net", state=state, topics=["agents"])
        with CaptureQueriesContext(connection) as queries:
            sign_up(f"{state}@example.net")
        statements = [query["sql"].split(" ")[:3] for query in queries.captured_queries]
        sent.append([words for words in statements if "SAVEPOINT" not in words])

    assert len(sent[0]) > 10
    assert all(each == sent[0] for each in sent)


def test_a_full_mailbox_gets_the_same_answer(sign_up, settings):
    settings.SIGNUPS_PER_ADDRESS_A_DAY = 1
    answers = {(answer.status_code, answer["Location"]) for answer in (sign_up(), sign_up())}

    assert answers == {(303, CHECK_INBOX)}
    assert Letter.objects.pending().count() == 1


def test_a_network_has_an_hourly_limit(sign_up, clock, settings):
    settings.SIGNUPS_PER_NETWORK_AN_HOUR = 2
    answers = [sign_up(f"reader{number}@example.net") for number in range(3)]

    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert answers[-1].context["form"].non_field_errors() == [entrance.NETWORK_FULL]
    assert Subscriber.objects.count() == 2

    clock.shift(timedelta(hours=1))
    stamp = forms.make_stamp(MOMENT + timedelta(minutes=59))
    assert sign_up("reader3@example.net", stamp=stamp).status_code == 303


def test_a_made_up_forwarded_header_does_not_help(sign_up, settings):
    settings.SIGNUPS_PER_NETWORK_AN_HOUR = 1
    sign_up("a@example.net", extra={"headers": {"X-Forwarded-For": "203.0.113.1"}})
    again = sign_up("b@example.net", extra={"headers": {"X-Forwarded-For": "198.51.100.1"}})

    assert again.status_code == 429


def test_behind_a_proxy_the_reader_is_counted_and_not_the_proxy(sign_up, settings):
    settings.PROXY_COUNT = 1
    sign_up(extra={"headers": {"X-Forwarded-For": "6.6.6.6, 203.0.113.1"}})

    assert Consent.objects.get().ip == "203.0.113.1"


def test_a_peer_without_an_address_can_still_sign_up(sign_up):
    assert sign_up(extra={"REMOTE_ADDR": ""}).status_code == 303
    assert Consent.objects.get().ip is None


def test_fields_that_are_not_on_the_form_are_ignored(sign_up):
    sign_up(state="confirmed", is_staff="1", next="https://evil.example", trend_share="1")

    reader = Subscriber.objects.get()
    assert (reader.state, reader.trend_share) == (State.PENDING, 0.4)


def test_of_two_addresses_only_one_is_taken(sign_up):
    sign_up(["first@example.net", "second@example.net"])

    assert Subscriber.objects.count() == 1


def test_a_thousand_topics_are_refused_before_they_are_looked_at(sign_up):
    assert sign_up(topics=["agents"] * 1001).status_code == 400
    assert sign_up(email="a" * 5_000_000).status_code == 400


def test_joining_needs_the_token_of_our_own_page(sign_up, strict_client):
    assert sign_up(client=strict_client).status_code == 403


def test_the_join_page_does_not_take_other_methods(client, db):
    assert client.put(JOIN).status_code == 405
    assert client.get(CHECK_INBOX).status_code == 200
