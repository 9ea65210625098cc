"""What time moves on: leases that ran out, waits that are over, entries that kill workers."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now

from subscriptions.ledger import CLAIMS_AT_MOST, State, Swept, Uncertain
from tests.subscriptions.ledger_steps import (
    LEASE,
    SECOND,
    WAIT,
    claim,
    lease_runs_out,
    letters,
    stored,
    sweep,
    wait_is_over,
)


def test_a_sweep_leaves_everything_that_has_time(make_letter, states):
    for state in State:
        make_letter(state=state, lease_until=Now() + LEASE, next_at=Now() + WAIT)
    before = states()
    assert sweep() == Swept(0, 0, 0, 0, 0, 0)
    assert states() == before


@pytest.mark.parametrize("policy", Uncertain)
def test_a_sweep_moves_exactly_what_time_ran_out_for(make_letter, policy):
    made = {
        state: make_letter(state=state, lease_until=Now() - SECOND, next_at=Now() - SECOND)
        for state in State
    }
    swept = letters().sweep(wait=WAIT, policy=policy)
    parked = policy is Uncertain.PARK
    moved = {
        State.CLAIMED: State.PENDING,
        State.ATTEMPTING: State.UNCERTAIN,
        State.UNCERTAIN: State.PARKED if parked else State.PENDING,
        State.DEFERRED: State.PENDING,
    }
    after = {state: stored(letter).state for state, letter in made.items()}
    assert after == {state: moved.get(state, state) for state in State}
    assert swept == Swept(1, 0, 1, int(parked), int(not parked), 1)


@pytest.mark.parametrize("policy", Uncertain)
def test_a_second_sweep_finds_nothing(make_letter, states, policy):
    for state in State:
        make_letter(state=state, lease_until=Now() - SECOND, next_at=Now() - SECOND)
    sweep(policy)
    before = states()
    assert sweep(policy) == Swept(0, 0, 0, 0, 0, 0)
    assert states() == before


def test_an_uncertain_entry_waits_before_it_is_parked(make_attempt):
    letter = make_attempt()
    lease_runs_out()
    assert sweep().uncertain == 1
    assert sweep().parked == 0
    wait_is_over()
    assert sweep().parked == 1
    assert stored(letter).state == State.PARKED
    assert stored(letter).error


def test_an_uncertain_entry_is_sent_once_more_then_parked(make_attempt):
    letter = make_attempt()
    letter.doubt("gone", wait=-SECOND)
    assert sweep(Uncertain.RESEND).resent == 1
    [again] = claim()
    assert again == letter
    again.begin()
    again.doubt("gone again", wait=-SECOND)
    assert sweep(Uncertain.RESEND) == Swept(0, 0, 0, 1, 0, 0)
    assert stored(letter).attempts == 2


def test_a_late_answer_settles_what_the_sweep_put_in_doubt(make_attempt):
    letter = make_attempt()
    lease_runs_out()
    sweep()
    assert letter.accept("late")
    wait_is_over()
    assert sweep().parked == 0


# --- entries that kill their workers ------------------------------------------------------


def test_an_entry_that_kills_its_workers_fails_and_harms_no_other(make_letter, states):
    made = [make_letter() for _ in range(5)]
    deadly, deaths, sizes = made[2], 0, []
    while taken := claim(limit=50):
        sizes.append(len(taken))
        for letter in taken:
            if letter == deadly:
                deaths += 1
                lease_runs_out()
                sweep()
                break
            letter.begin()
            letter.accept("id")
    assert deaths == CLAIMS_AT_MOST
    assert states() == {State.ACCEPTED: 4, State.FAILED: 1}
    assert sizes[:2] == [5, 3]
    assert set(sizes[2:]) == {1}
    assert "composing it failed" in stored(deadly).error


def test_an_entry_often_deferred_is_not_taken_for_a_deadly_one(make_letter):
    make_letter()
    for _ in range(CLAIMS_AT_MOST + 2):
        [letter] = claim()
        assert letter.begin()
        letter.defer("busy", delay=-SECOND)
        sweep()
    claim()
    lease_runs_out()
    assert sweep() == Swept(1, 0, 0, 0, 0, 0)


def test_new_entries_do_not_wait_for_suspects(make_letter):
    suspect, new = make_letter(claims=3), make_letter()
    assert claim() == [new]
    assert claim() == [suspect]
