"""Forgetting a reader: nothing of him is left, the ledger adds up, and nobody writes to him."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.utils.timezone import now

from newsletter import compose, erasing, invariants, tasks
from newsletter.models import Delivery, Event, Issue, Webhook
from subscriptions import optin, tokens, votes
from subscriptions.composing import NotToBeSent
from subscriptions.models import Farewell, Subscriber, suppressed_among
from subscriptions.optin import Choices
from subscriptions.tokens import Purpose
from subscriptions.verdicts import State, Verdict
from tests.conftest import MOMENT
from tests.newsletter.test_exporting import live

EMAIL = "ann@example.net"


@pytest.fixture
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


@pytest.fixture
def reader(make_subscriber, make_delivery, make_paper, admin_user):
    reader = make_subscriber(EMAIL, topics=["agents"])
    live(reader, make_delivery, make_paper("A paper", topics=["agents"]), admin=admin_user)
    Issue.objects.update(expected_count=1)
    return reader


def places_of(words: set[str]) -> list[str]:
    """Every column of every table that holds one of these: as a dump would be searched."""
    found = []
    for model in apps.get_models():
        for row in model._base_manager.values():
            for name, value in row.items():
                text = (
                    bytes(value).decode("latin-1")
                    if isinstance(value, bytes | memoryview)
                    else value
                )
                if any(word in str(text) for word in words):
                    found.append(f"{model.__name__}.{name}")
    return found


def test_nothing_of_him_is_left_in_any_table(reader):
    Webhook.objects.create(
        service="postmark",
        received_at=MOMENT,
        state="dead",
        size=9,
        body=b'{"to": "Ann@Example.net"}',
    )
    words = {EMAIL, str(reader.public_id), reader.public_id.hex, "at-the-esp", "192.0.2.9"}
    assert len(places_of(words)) > 4
    erasing.erase(reader, at=MOMENT)
    assert places_of({*words, "Ann@Example.net", "Changed hour"}) == []
    assert not Subscriber.objects.exists()


def test_the_ledger_still_adds_up(reader):
    erasing.erase(reader, at=MOMENT)
    [delivery] = Delivery.objects.all()
    assert (delivery.subscriber, delivery.state, bytes(delivery.packed_picks)) == (
        None, State.ACCEPTED, b"",
    )  # fmt: skip
    assert Issue.objects.get().imbalance() == 0
    Delivery.objects.update(finished_at=now())
    assert [found.name for found in invariants.check() if found.count] == []
    assert Event.objects.count() == 2  # of nobody's mails


def test_nobody_is_written_to_again_whoever_asks(reader, make_topic):
    erasing.erase(reader, at=MOMENT)
    assert suppressed_among([EMAIL]) == {EMAIL}
    optin.ask(EMAIL, topics=[make_topic()], choices=Choices(), at=MOMENT, ip=None, page="/")
    assert Subscriber.objects.get().letters.get().state == State.SKIPPED


def test_his_votes_go_and_what_was_counted_stays_until_the_next_counting(
    reader, make_subscriber, clock
):
    votes.count_votes(at=MOMENT)
    paper = reader.votes.get().paper
    paper.refresh_from_db()
    assert paper.own_votes == 1
    erasing.erase(reader, at=MOMENT)
    paper.refresh_from_db()
    assert paper.own_votes == 1
    votes.count_votes(at=MOMENT)
    paper.refresh_from_db()
    assert paper.own_votes == 0


def test_why_people_leave_stays_a_number(reader):
    erasing.erase(reader, at=MOMENT)
    assert (Farewell.objects.get().subscriber, Farewell.objects.get().reason) == (None, "no-time")


def test_others_keep_everything(reader, make_subscriber, make_delivery, make_paper):
    other = make_subscriber("eve@example.net")
    live(other, make_delivery, make_paper())
    before = places_of({"eve@example.net", str(other.public_id), other.public_id.hex})
    erasing.erase(reader, at=MOMENT)
    assert places_of({"eve@example.net", str(other.public_id), other.public_id.hex}) == before
    assert Delivery.objects.get(subscriber=other).picks


def test_whoever_is_deleted_in_another_way_leaves_empty_deliveries_too(reader, make_delivery):
    other = make_delivery(1, provider_id="of another reader")
    reader.delete()  # as the admin does, and whoever forgets those who left long ago
    assert bytes(Delivery.objects.get(subscriber=None).packed_picks)
    tasks.forget()
    assert places_of({"at-the-esp"}) == []
    assert not bytes(Delivery.objects.get(subscriber=None).packed_picks)
    other.refresh_from_db()
    assert other.picks
    assert other.provider_id == "of another reader"
    assert erasing.empty_what_is_nobodys() == 0


@pytest.mark.parametrize("state", State)
def test_a_mail_in_any_state_is_let_go(make_delivery, state):
    delivery = make_delivery(state=state, finished_at=MOMENT)
    Issue.objects.update(expected_count=1)
    erasing.erase(delivery.subscriber, at=MOMENT)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.subscriber) == (state, None)
    with pytest.raises(NotToBeSent):
        compose.compose_all([delivery])(delivery)


def test_a_second_time_there_is_nobody(reader):
    erasing.erase(reader, at=MOMENT)
    with pytest.raises(Subscriber.DoesNotExist):
        erasing.erase(Subscriber(pk=reader.pk), at=MOMENT)


@pytest.mark.django_db(transaction=True)
def test_who_is_erased_while_his_mails_are_sent_stops_nobody(make_delivery, make_subscriber):
    """A worker writes down what became of a chunk, and in it are readers who go at that moment."""
    owner = uuid.uuid4()
    sent = [make_delivery(1, owner=owner, state=State.ATTEMPTING) for _ in range(16)]
    Issue.objects.update(expected_count=16)
    chunks = [sent[n : n + 4] for n in range(0, 16, 4)]

    def record() -> None:
        for chunk in chunks:
            said = {delivery.pk: Verdict(State.ACCEPTED, "250") for delivery in chunk}
            Delivery.objects.all().record(owner, said)

    def erase() -> None:
        for delivery in sent[::2]:
            erasing.erase(Subscriber.objects.get(pk=delivery.subscriber_id), at=now())

    def run(work) -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(run, record), pool.submit(run, erase)]:
            done.result(timeout=30)
    assert Delivery.objects.filter(state=State.ACCEPTED).count() == 16
    assert Delivery.objects.filter(subscriber=None, packed_picks=b"").count() == 8
    assert Issue.objects.get().imbalance() == 0
    assert [found.name for found in invariants.check() if found.count] == []


# --- the page -------------------------------------------------------------------------


def path(reader: Subscriber) -> str:
    return f"/erase/{tokens.make(Purpose.ERASE, reader)}/"


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_erases_nobody(client, reader, method):
    assert getattr(client, method)(path(reader)).status_code == 200
    assert Subscriber.objects.filter(email=EMAIL).exists()


def test_the_page_says_what_it_means_and_does_it_on_post(client, reader):
    text = client.get(path(reader)).text
    assert "nobody can undo it" in text
    assert EMAIL not in text
    link = path(reader)
    answer = client.post(link, follow=True)
    assert answer.redirect_chain == [("/erased/", 302)]
    assert "You are forgotten" in answer.text
    assert client.post(link).status_code == client.get(link).status_code == 404


@pytest.mark.parametrize("purpose", set(Purpose) - {Purpose.ERASE})
def test_no_other_link_erases(client, reader, purpose):
    assert client.post(f"/erase/{tokens.make(purpose, reader)}/").status_code == 404
    assert Subscriber.objects.exists()


def test_other_sites_cannot_post_for_him(reader, client):
    client.handler.enforce_csrf_checks = True
    assert client.post(path(reader)).status_code == 403
    assert Subscriber.objects.exists()


def test_the_link_is_good_for_half_an_hour(client, reader, clock):
    link = path(reader)
    clock.shift(timedelta(minutes=31))
    assert client.post(link).status_code == 404
    assert Subscriber.objects.exists()
