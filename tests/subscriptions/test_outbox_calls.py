"""A call to a service that knows keys is repeated as a whole, or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from subscriptions import outbox
from subscriptions.composing import NotNow, NotToBeSent
from subscriptions.ids import new_id
from subscriptions.models import Letter
from subscriptions.verdicts import State
from tests.subscriptions.esp_steps import PATHS, service
from tests.subscriptions.outbox_steps import BUSY, NO, SILENCE, compose, post

KEY = new_id()


@pytest.fixture
def way(way, monkeypatch):
    """A way out that knows keys, for every run of this test."""
    monkeypatch.setattr(outbox, "keeps_keys", lambda: timedelta(days=1))
    return way


@pytest.fixture
def call(make_letter):
    """Letters that wait for the repetition of one call."""
    return [make_letter(call_key=KEY, attempts=1) for _ in range(4)]


def keys() -> set:
    return set(Letter.objects.values_list("call_key", flat=True))


def all_but(letter, reason):
    """Compose every letter but this one."""

    def compose_one(other):
        if other == letter:
            raise reason
        return compose(other)

    return compose_one


def test_it_is_repeated_alone_and_under_its_key(call, make_letter, states, way):
    make_letter()
    assert post() == 5
    assert way.calls == [(KEY, [letter.pk for letter in call])]
    assert len(way.taken) == 1
    assert states() == {State.ACCEPTED: 5}
    assert keys() == {None}


def test_who_is_not_to_be_written_to_any_more_is_left_out(call, states, way):
    post(all_but(call[1], NotToBeSent("he left")))
    assert way.calls == [(KEY, [call[0].pk, call[2].pk, call[3].pk])]
    assert states() == {State.ACCEPTED: 3, State.SKIPPED: 1}


def test_if_one_must_wait_all_wait(call, states, way):
    post(all_but(call[1], NotNow()))
    assert way.calls == []
    assert states() == {State.PENDING: 4}
    assert keys() == {KEY}
    assert set(Letter.objects.values_list("claims", "attempts")) == {(0, 1)}


def test_if_one_is_lost_to_somebody_else_nothing_is_handed_over(call, states, way):
    def compose_slowly(letter):
        Letter.objects.filter(pk=call[2].pk).update(state=State.ACCEPTED)
        return compose(letter)

    post(compose_slowly)
    assert way.calls[:1] != [(KEY, [letter.pk for letter in call])]
    assert states() == {State.ACCEPTED: 4}
    assert way.calls == [(KEY, [call[0].pk, call[1].pk, call[3].pk])]


@pytest.mark.parametrize(
    ("answer", "state", "key"),
    [(SILENCE, State.UNCERTAIN, KEY), (BUSY, State.DEFERRED, None), (NO, State.REJECTED, None)],
)
def test_only_a_doubt_keeps_them_together(call, states, way, answer, state, key):
    way.answers = [answer]
    post()
    assert states() == {state: 4}
    assert keys() == {key}


def test_a_killed_call_is_repeated_by_the_next_worker(make_letter, states, settings):
    settings.EMAIL_BACKEND = PATHS["resend"]
    for _ in range(5):
        make_letter()
    with service(settings, keys=3600, drop=1) as esp:
        post()
        assert states() == {State.UNCERTAIN: 5}
        assert len(keys()) == 1
        assert [str(key) for key in keys()] == esp.known_keys()
        esp.faults.drop = 0
        outbox.sweep(Letter.objects.all())
        assert post() == 5
        assert len(esp.log) == 5
    assert states() == {State.ACCEPTED: 5}


def test_a_service_that_cannot_be_reached_leaves_all_as_it_was(make_letter, states, settings):
    settings.EMAIL_BACKEND = PATHS["resend"]
    make_letter()
    with service(settings):
        pass  # it is gone again
    assert post() == 0
    assert states() == {State.PENDING: 1}
