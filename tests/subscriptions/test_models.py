"""What readers, suppressions and their constraints promise."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from subscriptions.models import (
    Consent,
    Interest,
    Letter,
    SignUpCount,
    Subscriber,
    Suppression,
    address_hash,
    suppressed_among,
)
from tests.conftest import MOMENT

State = Subscriber.State
LATER = MOMENT + timedelta(hours=1)


def test_two_spellings_of_one_address_cannot_both_be_stored(make_subscriber):
    make_subscriber("Ann@example.net")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_subscriber("ann@EXAMPLE.net")


def test_an_address_is_found_in_any_spelling(make_subscriber):
    reader = make_subscriber("Ann@example.net")

    assert Subscriber.objects.by_address("ann@example.net").get() == reader


@pytest.mark.parametrize(
    ("model", "field", "value"),
    [(Subscriber, "hour", 24), (Subscriber, "weekday", 7), (Interest, "weight", 3)],
)
def test_the_database_refuses_what_makes_no_sense(make_subscriber, model, field, value):
    make_subscriber(topics=["agents"])

    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(**{field: value})


def test_only_confirmed_readers_with_a_passed_moment_are_due_earliest_first(make_subscriber):
    late = make_subscriber(next_digest_at=MOMENT)
    early = make_subscriber(next_digest_at=MOMENT - timedelta(hours=1))
    make_subscriber(next_digest_at=LATER)
    make_subscriber(next_digest_at=None)
    make_subscriber(next_digest_at=MOMENT, state=State.UNSUBSCRIBED)

    assert list(Subscriber.objects.due(at=MOMENT)) == [early, late]


def test_leaving_ends_the_schedule(make_subscriber):
    reader = make_subscriber(next_digest_at=LATER)
    reader.unsubscribe(at=LATER)
    reader.refresh_from_db()

    assert (reader.state, reader.state_changed_at) == (State.UNSUBSCRIBED, LATER)
    assert reader.next_digest_at is None
    assert not reader.is_deliverable


@pytest.mark.parametrize("state", [State.SUPPRESSED, State.BOUNCED])
def test_leaving_does_not_open_a_closed_address_again(make_subscriber, state):
    reader = make_subscriber(state=state)
    reader.unsubscribe(at=LATER)

    assert reader.state == state


def test_a_suppressed_address_is_remembered_once_and_without_the_address(make_subscriber):
    reader = make_subscriber("ann@example.net", next_digest_at=LATER)
    reader.suppress(at=MOMENT, reason="complaint")
    reader.suppress(at=LATER)
    reader.refresh_from_db()

    [suppression] = Suppression.objects.all()
    assert suppression.address_hash == address_hash("ANN@example.net")
    assert (suppression.at, suppression.reason) == (MOMENT, "complaint")
    assert (reader.state, reader.next_digest_at) == (State.SUPPRESSED, None)


def test_a_new_key_does_not_forget_whom_never_to_write_to(settings, make_subscriber):
    reader = make_subscriber("ann@example.net")
    reader.suppress(at=MOMENT)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "y" * 60
    settings.SECRET_KEY_FALLBACKS = ["z" * 60, old]
    assert suppressed_among(["ann@example.net", "bob@example.net"]) == {"ann@example.net"}
    reader.suppress(at=LATER)
    assert Suppression.objects.count() == 1

    settings.SECRET_KEY_FALLBACKS = []
    assert suppressed_among(["ann@example.net"]) == set()


def test_the_hash_of_an_address_depends_on_the_site(settings):
    before = address_hash("ann@example.net")
    settings.SECRET_KEY = "y" * 60

    assert len(before) == 64
    assert address_hash("ann@example.net") != before


def test_rows_introduce_themselves(make_subscriber):
    reader = make_subscriber("ann@example.net", topics=["agents"])

    assert str(reader.interests.get()) == reader.topics.get().name
    assert str(Letter(subscriber=reader, kind="confirm")) == "confirm to ann@example.net"
    assert str(Consent(act="asked", at=MOMENT)) == "asked at 2026-03-17 12:00"
    assert str(Suppression(address_hash="f" * 64, at=MOMENT)) == "ffffffffffff… since 2026-03-17"
    assert str(SignUpCount(bucket="network:192.0.2.0/24", count=3)) == "network:192.0.2.0/24: 3"
