"""Readers to whom a digest is sent, and to whom not."""

from __future__ import annotations

import pytest
from django.core import mail

from newsletter import compose
from newsletter.models import Delivery
from subscriptions import outbox
from subscriptions.models import Subscriber, Suppression, address_hash
from subscriptions.outbox import NotToBeSent
from subscriptions.verdicts import State
from tests.conftest import MOMENT


def post_all() -> None:
    outbox.post(Delivery.objects.all(), compose.compose_all)


def test_it_is_sent_through_the_ledger(make_delivery):
    deliveries = [make_delivery() for _ in range(3)]
    post_all()
    assert [m.to for m in mail.outbox] == [[d.subscriber.email] for d in deliveries]
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.ACCEPTED}


@pytest.mark.parametrize("state", [s for s in Subscriber.State if s != "confirmed"])
def test_who_left_between_claim_and_compose_gets_nothing(make_delivery, state):
    delivery = make_delivery()
    compose_one = compose.compose_all([delivery])
    Subscriber.objects.update(state=state)
    with pytest.raises(NotToBeSent, match=state):
        compose_one(delivery)


def test_who_left_before_the_chunk_was_claimed_is_skipped(make_delivery):
    stays, leaves = make_delivery(), make_delivery()
    leaves.subscriber.unsubscribe(at=MOMENT)
    post_all()
    leaves.refresh_from_db()
    assert (leaves.state, leaves.error) == (State.SKIPPED, "the reader is unsubscribed")
    assert [message.to for message in mail.outbox] == [[stays.subscriber.email]]


def test_a_suppressed_address_is_skipped_even_if_its_reader_confirmed(make_delivery):
    delivery = make_delivery()
    Suppression.objects.create(address_hash=address_hash(delivery.subscriber.email), at=MOMENT)
    post_all()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.SKIPPED, "the address is suppressed")
    assert mail.outbox == []


def test_an_erased_reader_stops_nobody_elses_mail(make_delivery):
    erased, other = make_delivery(), make_delivery()
    Subscriber.objects.filter(pk=erased.subscriber_id).delete()
    compose_one = compose.compose_all([erased, other])
    with pytest.raises(NotToBeSent, match="erased"):
        compose_one(erased)
    assert compose_one(other).to == [other.subscriber.email]


@pytest.mark.parametrize(("deliveries", "papers"), [(1, 1), (1, 10), (10, 2)])
def test_each_mail_of_a_chunk_costs_one_query(
    make_delivery, django_assert_num_queries, deliveries, papers
):
    for _ in range(deliveries):
        make_delivery(papers)
    chunk = list(Delivery.objects.all())
    with django_assert_num_queries(6 + deliveries):
        compose_one = compose.compose_all(chunk)
        for delivery in chunk:
            compose_one(delivery)
