"""Forgetting what there is no more reason to keep."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from subscriptions import limits, retention, tasks
from subscriptions.models import AddressChange, Consent, Letter, SignUpCount, Subscriber
from subscriptions.verdicts import State as LetterState
from tests.conftest import MOMENT

State = Subscriber.State
DAY = timedelta(days=1)


def test_who_never_confirmed_is_forgotten_with_all_records(make_subscriber):
    reader = make_subscriber(state=State.PENDING, topics=["agents"])
    reader.consents.create(act=Consent.Act.ASKED, at=MOMENT)
    Letter.objects.create(subscriber=reader, kind=Letter.Kind.CONFIRM)

    assert retention.forget_unconfirmed(before=MOMENT + DAY) == 1
    assert not Subscriber.objects.exists()
    assert not Consent.objects.exists()
    assert not Letter.objects.exists()


def test_who_asked_lately_is_kept(make_subscriber):
    make_subscriber(state=State.PENDING)

    assert retention.forget_unconfirmed(before=MOMENT) == 0


@pytest.mark.parametrize("state", set(State) - {State.PENDING})
def test_only_unanswered_questions_are_forgotten(make_subscriber, state):
    make_subscriber(state=state)

    assert retention.forget_unconfirmed(before=MOMENT + DAY) == 0


def test_who_once_confirmed_is_kept_with_the_proof(make_subscriber):
    reader = make_subscriber(state=State.PENDING)
    reader.consents.create(act=Consent.Act.CONFIRMED, at=MOMENT)

    assert retention.forget_unconfirmed(before=MOMENT + DAY) == 0


def test_counts_that_are_over_are_forgotten(db):
    for at in (MOMENT - DAY, MOMENT):
        limits.allow("a", limit=1, span=timedelta(hours=1), at=at)

    assert retention.forget_counts(at=MOMENT) == 1
    assert SignUpCount.objects.get().starts_at == MOMENT


def test_counts_of_an_older_version_are_forgotten_after_a_week(db):
    for days in (6, 8):
        SignUpCount.objects.create(bucket="a", starts_at=MOMENT - days * DAY)

    assert retention.forget_counts(at=MOMENT) == 1
    assert SignUpCount.objects.get().starts_at == MOMENT - 6 * DAY


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
    ],
)
def test_of_an_old_consent_only_the_network_is_kept(make_subscriber, ip, network):
    consents = make_subscriber().consents
    old = consents.create(act=Consent.Act.ASKED, at=MOMENT - DAY, ip=ip, page="/")
    young = consents.create(act=Consent.Act.CONFIRMED, at=MOMENT, ip=ip)

    assert retention.blur_addresses(before=MOMENT) == 1
    assert retention.blur_addresses(before=MOMENT) == 0
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.ip, old.network, old.page) == (None, network, "/")
    assert (young.ip, young.network) == (young.ip, "")
    assert young.ip is not None


def test_old_letters_go_and_those_in_doubt_wait_for_a_person(make_subscriber):
    reader = make_subscriber()
    for state in LetterState:
        reader.letters.create(kind="already", state=state, finished_at=MOMENT - DAY)
        reader.letters.create(kind="already", state=state, finished_at=MOMENT)
    old = Letter.objects.filter(finished_at__lt=MOMENT)

    assert retention.forget_letters(before=MOMENT) == 4
    assert set(old.values_list("state", flat=True)) == set(LetterState) - set(retention.FINISHED)
    assert Letter.objects.filter(finished_at=MOMENT).count() == len(LetterState)


def test_an_address_that_nobody_said_yes_to_is_forgotten(make_subscriber):
    reader = make_subscriber()
    AddressChange.objects.create(subscriber=reader, email="new@example.net", asked_at=MOMENT)

    assert retention.forget_changes(before=MOMENT) == 0
    assert retention.forget_changes(before=MOMENT + DAY) == 1


def test_who_left_long_ago_is_deleted_and_nobody_else(make_subscriber):
    for state in State:
        make_subscriber(state=state, state_changed_at=MOMENT - DAY)
        make_subscriber(state=state, state_changed_at=MOMENT)

    assert retention.forget_left(before=MOMENT) == 1
    assert Subscriber.objects.count() == 2 * len(State) - 1
    assert Subscriber.objects.filter(state=State.UNSUBSCRIBED).count() == 1


def test_purging_keeps_to_the_settings(make_subscriber, settings):
    settings.KEEP_LEFT_DAYS = 0
    left = make_subscriber(state=State.UNSUBSCRIBED, state_changed_at=MOMENT - 3000 * DAY)
    left.consents.create(act=Consent.Act.LEFT, at=MOMENT - 3000 * DAY, ip="192.0.2.1")
    left.letters.create(kind="already", state="accepted", finished_at=MOMENT - 3000 * DAY)
    AddressChange.objects.create(subscriber=left, email="n@example.net", asked_at=MOMENT - 9 * DAY)
    with time_machine.travel(MOMENT, tick=False):
        tasks.purge()
        assert (left.consents.get().ip, left.letters.count()) == (None, 0)
        assert not AddressChange.objects.exists()
        assert Subscriber.objects.exists()  # 0: for ever
        settings.KEEP_LEFT_DAYS = 730
        tasks.purge()
        assert not Subscriber.objects.exists()
