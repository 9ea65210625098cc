"""What becomes of a chunk whose mails cannot be composed, or whose time is over."""

from __future__ import annotations

from contextlib import suppress

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError

from subscriptions import outbox
from subscriptions.chunk import LOOK_AGAIN
from subscriptions.claims import CLAIMS_AT_MOST
from subscriptions.composing import NotNow, NotToBeSent
from subscriptions.models import Letter
from subscriptions.verdicts import State
from tests.subscriptions.outbox_steps import (
    compose,
    post,
)


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by `clock.step` seconds whenever it is looked at."""

    class Clock:
        time, step = 0.0, 0.0

        def __call__(self) -> float:
            self.time += self.step
            return self.time

    clock = Clock()
    monkeypatch.setattr("subscriptions.clock.seconds", clock)
    return clock


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (NotToBeSent("the reader left"), State.SKIPPED, "the reader left"),
        (KeyError("title"), State.FAILED, "KeyError: 'title'"),
        (NotNow(), State.PENDING, ""),
    ],
)
def test_what_cannot_be_composed_harms_no_other(make_letter, states, way, error, state, reason):
    bad, good = make_letter(), make_letter()

    def compose_or_fail(letter):
        if letter == bad:
            raise error
        return compose(letter)

    post(compose_or_fail)
    assert states() == {state: 1, State.ACCEPTED: 1}
    bad.refresh_from_db()
    assert (bad.error, bad.attempts, bad.claims) == (reason, 0, int(state != State.PENDING))
    assert way.taken == [good.subscriber.email]


@pytest.mark.parametrize("error", [DatabaseError("connection lost"), SoftTimeLimitExceeded()])
def test_trouble_of_the_worker_says_nothing_about_a_letter(make_letter, states, way, error):
    make_letter(), make_letter()

    def fail(letter):
        raise error

    with pytest.raises(type(error)):
        post(fail)
    assert states() == {State.CLAIMED: 2}
    outbox.sweep(Letter.objects.all())
    assert post() == 2


def test_a_letter_that_spoils_its_chunk_is_found_and_given_up(make_letter, states, way):
    deadly, *_ = [make_letter() for _ in range(4)]

    def compose_all(letters):
        if deadly in letters:
            raise KeyError("picks")
        return compose

    for _ in range(10):
        with suppress(KeyError):
            outbox.post(Letter.objects.all(), compose_all)
        outbox.sweep(Letter.objects.all())
    assert states() == {State.ACCEPTED: 3, State.FAILED: 1}
    deadly.refresh_from_db()
    assert (deadly.state, deadly.claims) == (State.FAILED, CLAIMS_AT_MOST)


def test_when_the_time_is_over_the_rest_is_given_back(make_letter, states, way, clock):
    for _ in range(4):
        make_letter()
    way.before = lambda mail: setattr(clock, "time", clock.time + 1.5)
    assert post(budget=2) == 2
    assert states() == {State.ACCEPTED: 2, State.PENDING: 2}


def test_nothing_is_handed_over_when_the_lease_is_nearly_over(make_letter, states, way, clock):
    for _ in range(4):
        make_letter()

    def sleep(mail) -> None:
        clock.time += 400 if len(way.taken) == 2 else 0

    way.before = sleep
    assert post(budget=300) == 2
    assert states() == {State.ACCEPTED: 2, State.PENDING: 2}
    assert Letter.objects.filter(attempts=1).count() == 2


def test_no_chunk_is_begun_when_the_time_is_over(make_letter, way):
    make_letter()
    assert post(budget=0) == 0
    assert Letter.objects.get().claims == 0


def test_who_leaves_while_the_chunk_goes_out_gets_nothing_more(make_letter, states, way, clock):
    made, left = [make_letter() for _ in range(4)], set()

    def compose_if_wanted(letter):
        if letter in left:
            raise NotToBeSent("the reader left")
        return compose(letter)

    def leave(mail) -> None:
        left.add(made[3])
        clock.time += LOOK_AGAIN + 0.1

    way.before = leave
    post(compose_if_wanted, budget=10_000)
    assert states() == {State.ACCEPTED: 3, State.SKIPPED: 1}
    assert Letter.objects.get(pk=made[3].pk).attempts == 0


def test_what_is_paused_while_the_chunk_goes_out_waits(make_letter, states, way, clock):
    for _ in range(4):
        make_letter()
    paused = []

    def compose_if_open(letter):
        if paused:
            raise NotNow
        return compose(letter)

    def pause(mail) -> None:
        paused.append(mail)
        clock.time += LOOK_AGAIN + 0.1

    way.before = pause
    post(compose_if_open)
    assert states() == {State.ACCEPTED: 1, State.PENDING: 3}


def test_a_chunk_costs_the_same_however_many_letters_are_in_it(
    make_letter, way, django_assert_max_num_queries
):
    for _ in range(40):
        make_letter()
    with django_assert_max_num_queries(22):  # the second claim finds nothing
        outbox.post(Letter.objects.select_related("subscriber"), lambda letters: compose)
