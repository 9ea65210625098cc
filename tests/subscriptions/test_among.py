"""The condition behaves as `in` does, on both engines."""

from __future__ import annotations

import pytest
from django.utils.timezone import now

from subscriptions.among import among
from subscriptions.models import Subscriber, Suppression


def test_readers_are_found_by_their_ids(make_subscriber):
    readers = [make_subscriber() for _ in range(3)]
    wanted = {reader.pk for reader in readers[:2]}
    assert {reader.pk for reader in Subscriber.objects.filter(among("pk", wanted))} == wanted


def test_rows_are_found_by_hex_digits(db):
    for digit in "abc":
        Suppression.objects.create(address_hash=digit * 64, at=now())
    found = Suppression.objects.filter(among("address_hash", ["a" * 64, "f" * 64]))
    assert [row.address_hash for row in found] == ["a" * 64]


@pytest.mark.parametrize("field", ["pk", "email"])
def test_among_nobody_nobody_is_found(make_subscriber, field):
    make_subscriber()
    assert not Subscriber.objects.filter(among(field, [])).exists()


def test_any_number_of_ids_goes_in_one_question(make_subscriber, django_assert_num_queries):
    reader = make_subscriber()
    with django_assert_num_queries(1):
        assert Subscriber.objects.filter(among("pk", range(1, 300_000))).get() == reader
