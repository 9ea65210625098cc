"""Mails in doubt after one call to a service that knows the call by its key when it comes again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db.models.functions import Now

from subscriptions.claims import CLAIMS_AT_MOST
from subscriptions.ids import new_id
from subscriptions.journal import Notes
from subscriptions.models import Letter
from subscriptions.sweeping import Doubt, Uncertain
from subscriptions.verdicts import State
from tests.subscriptions.ledger_steps import (
    LEASE,
    WAIT,
    begin,
    claim,
    lease_runs_out,
    letters,
    stored,
    sweep,
    wait_is_over,
)

DAY = timedelta(days=1)
KEYED = Doubt(WAIT, Uncertain.PARK, keeps_keys=DAY)
KEYED_RESEND = Doubt(WAIT, Uncertain.RESEND, keeps_keys=DAY)


@pytest.fixture
def make_call(make_letter):
    """Letters that wait for the repetition of one call."""

    def make(count=3, *, key=None, **fields) -> list[Letter]:
        key = key or new_id()
        return [make_letter(call_key=key, attempts=1, **fields) for _ in range(count)]

    return make


def claim_call() -> list[Letter]:
    owner = letters().claim(limit=50, lease=LEASE, keeps_keys=DAY)
    return list(letters().claimed_by(owner))


def made_before(age: timedelta) -> UUID:
    """A key of that age."""
    return UUID(int=new_id().int - (age // timedelta(milliseconds=1) << 80))


def test_what_is_left_of_a_call_is_claimed_whole_alone_and_first(make_letter, make_call):
    other = make_letter()
    first, second = make_call(), make_call(2)
    assert [claim_call() for _ in range(4)] == [first, second, [other], []]


def test_without_a_service_that_knows_keys_a_call_is_not_claimed(make_letter, make_call):
    make_call()
    other = make_letter()
    assert claim() == [other]


@pytest.mark.parametrize(
    "state", [State.CLAIMED, State.ATTEMPTING, State.DEFERRED, State.UNCERTAIN]
)
def test_a_call_is_not_claimed_as_long_as_one_of_its_mails_is_busy(make_call, state):
    call = make_call()
    letters().filter(pk=call[1].pk).update(state=state)
    assert claim_call() == []
    letters().filter(pk=call[1].pk).update(state=State.ACCEPTED)
    assert claim_call() == [call[0], call[2]]


def test_a_claim_that_is_given_back_is_a_call_again(make_call):
    call = make_call()
    letters().release(claim_call()[0].owner)
    assert claim_call() == call


def test_a_call_in_doubt_is_repeated_at_once_as_long_as_its_key_is_known(make_call):
    waiting = {"state": State.UNCERTAIN, "error": "gone"}
    young, old = make_call(2, **waiting), make_call(1, key=made_before(2 * DAY), **waiting)
    assert sweep(KEYED).resent == 2
    assert (stored(young[0]).state, stored(young[0]).resends) == (State.PENDING, 0)
    assert stored(old[0]).state == State.UNCERTAIN


@pytest.mark.parametrize("doubt", [KEYED, Doubt(WAIT, Uncertain.PARK)])
def test_what_waits_for_a_call_whose_key_is_forgotten_is_in_doubt(make_call, doubt):
    [letter] = make_call(1, key=made_before(2 * DAY))
    assert claim_call() == []
    sweep(doubt)
    assert (stored(letter).state, stored(letter).call_key) == (State.UNCERTAIN, None)
    wait_is_over()
    assert sweep(doubt).parked == 1


def test_a_mail_of_a_forgotten_call_is_sent_once_more_by_the_policy(make_call):
    waited = {"state": State.UNCERTAIN, "next_at": Now() - DAY}
    [letter] = make_call(1, key=made_before(2 * DAY), **waited)
    assert sweep(KEYED_RESEND).resent == 1
    assert stored(letter).resends == 1
    assert claim() == [letter]


def test_a_mail_that_kills_its_workers_does_not_take_its_call_with_it(make_call):
    call = make_call()
    for _ in range(CLAIMS_AT_MOST - 1):
        assert claim_call() == call
        lease_runs_out()
        sweep(KEYED)
    assert letters().counts() == {State.UNCERTAIN: 3}
    assert not letters().exclude(call_key=None)


def test_a_dead_process_says_which_mails_went_in_one_call(make_letter, states):
    taken = [make_letter() for _ in range(4)] and claim()
    begin(*taken)
    first, second, third, _ = (letter.pk for letter in taken)
    key, other = new_id(), new_id()
    notes = Notes(
        True, frozenset({first, second, third}), {first: "id"},
        keys={first: other, second: key, third: key},
    )  # fmt: skip
    letters().take_over(taken[0].owner, notes, KEYED)
    assert states() == {State.ACCEPTED: 1, State.UNCERTAIN: 2, State.PENDING: 1}
    assert [stored(letter).call_key for letter in taken] == [None, key, key, None]
    sweep(KEYED)
    assert claim_call() == taken[1:3]
    assert claim_call() == [taken[3]]


def test_a_repeated_call_that_was_not_handed_over_is_still_a_call(make_call):
    call = make_call()
    claimed = claim_call()
    begin(*claimed)
    letters().take_over(claimed[0].owner, Notes(True), KEYED)
    assert claim_call() == call


def test_a_person_who_sends_again_forgets_the_call(make_call):
    call = make_call(state=State.PARKED)
    letters().send_again()
    assert claim() == call


def test_a_word_of_the_service_settles_what_waits_for_its_call(make_call, states):
    make_call()
    assert letters().settle() == 3
    assert states() == {State.ACCEPTED: 3}
