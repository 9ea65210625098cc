"""Forgetting what there is no more reason to keep."""

from __future__ import annotations

from datetime import timedelta

import pytest

from subscriptions import limits, retention
from subscriptions.models import Consent, Letter, SignUpCount, Subscriber
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
