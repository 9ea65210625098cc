"""Readers to whom a digest is sent, and to whom not."""

from __future__ import annotations

from contextlib import suppress

import pytest

from newsletter import cards, compose, shell
from subscriptions.composing import NotToBeSent
from subscriptions.models import Subscriber, Suppression, address_hash
from tests.conftest import MOMENT


def recipients(deliveries) -> list[str]:
    """Whom the mails of one chunk go to; the others are not to be sent."""
    compose_one, found = compose.compose_all(deliveries), []
    for delivery in deliveries:
        with suppress(NotToBeSent):
            found.append(compose_one(delivery).recipient)
    return found


@pytest.mark.parametrize("state", [s for s in Subscriber.State if s != "confirmed"])
def test_who_left_since_the_chunk_was_claimed_gets_nothing(make_delivery, state):
    delivery = make_delivery()
    compose.compose_all([delivery])(delivery)
    Subscriber.objects.update(state=state)
    compose_one = compose.compose_all([delivery])
    with pytest.raises(NotToBeSent, match=state):
        compose_one(delivery)


def test_who_left_costs_nobody_else_a_mail(make_delivery):
    stays, leaves = make_delivery(), make_delivery()
    leaves.subscriber.unsubscribe(at=MOMENT)
    assert recipients([stays, leaves]) == [stays.subscriber.email]


def test_a_suppressed_address_gets_nothing_even_if_its_reader_confirmed(make_delivery):
    delivery = make_delivery()
    Suppression.objects.create(address_hash=address_hash(delivery.subscriber.email), at=MOMENT)
    with pytest.raises(NotToBeSent, match="the address is suppressed"):
        compose.compose_all([delivery])(delivery)


@pytest.mark.parametrize(
    "address",
    ["a@example.net\r\nBcc: v@example.org", "a@example.net,v@example.org", "<a@b>", "ä@b"],
)
def test_an_address_that_a_header_cannot_hold_gets_nothing(make_delivery, address):
    delivery = make_delivery()
    Subscriber.objects.update(email=address)
    with pytest.raises(NotToBeSent, match="cannot be written to"):
        compose.compose_all([delivery])(delivery)


def test_an_erased_reader_stops_nobody_elses_mail(make_delivery):
    erased, other = make_delivery(), make_delivery()
    Subscriber.objects.filter(pk=erased.subscriber_id).delete()
    compose_one = compose.compose_all([erased, other])
    with pytest.raises(NotToBeSent, match="erased"):
        compose_one(erased)
    assert compose_one(other).recipient == other.subscriber.email


@pytest.mark.parametrize(("deliveries", "papers"), [(1, 1), (1, 10), (10, 2)])
def test_queries_grow_neither_with_readers_nor_with_papers(
    make_delivery, django_assert_num_queries, deliveries, papers
):
    chunk = [make_delivery(papers) for _ in range(deliveries)]
    compose.compose_all(chunk)
    with django_assert_num_queries(5):  # issues, shells, readers, suppressed addresses
        compose_one = compose.compose_all(chunk)
    with django_assert_num_queries(0):
        for delivery in chunk:
            compose_one(delivery).wire()


def test_another_process_reads_cards_and_shell_in_two_queries_more(
    make_delivery, django_assert_num_queries
):
    chunk = [make_delivery(3) for _ in range(5)]
    compose.compose_all(chunk)
    cards._remembered.clear()
    shell._remembered.clear()
    with django_assert_num_queries(7):
        compose.compose_all(chunk)
