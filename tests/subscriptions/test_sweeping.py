"""What time moves on: leases that ran out, waits that are over, entries that kill workers."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now

from subscriptions.claims import CLAIMS_AT_MOST
from subscriptions.sweeping import Doubt, Swept, Uncertain
from subscriptions.verdicts import State, Verdict
from tests.subscriptions.ledger_steps import (
    ACCEPTED,
    LEASE,
    RESEND,
    SECOND,
    WAIT,
    begin,
    claim,
    hear,
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
    swept = sweep(Doubt(WAIT, policy))
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
    sweep(Doubt(WAIT, policy))
    before = states()
    assert sweep(Doubt(WAIT, policy)) == Swept(0, 0, 0, 0, 0, 0)
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
    in_doubt = Verdict(State.UNCERTAIN, "gone", -SECOND)
    hear(letter, in_doubt)
    assert sweep(RESEND).resent == 1
    [again] = claim()
    assert again == letter
    begin(again)
    hear(again, in_doubt)
    assert sweep(RESEND) == Swept(0, 0, 0, 1, 0, 0)
    assert stored(letter).attempts == 2


def test_a_late_answer_settles_what_the_sweep_put_in_doubt(make_attempt):
    letter = make_attempt()
    lease_runs_out()
    sweep()
    assert hear(letter, ACCEPTED)
    wait_is_over()
    assert sweep().parked == 0


# --- entries that kill their workers ------------------------------------------------------


def test_an_entry_that_kills_its_workers_fails_and_harms_no_other(make_letter, states):
    made = [make_letter() for _ in range(60)]
    deadly, deaths, sizes = made[30], 0, []
    while taken := claim(limit=50):
        sizes.append(len(taken))
        if deadly in taken:
            deaths += 1
            lease_runs_out()
            sweep()
            continue
        begin(*taken)
        letters().record(taken[0].owner, {letter.pk: ACCEPTED for letter in taken})
    assert deaths == CLAIMS_AT_MOST == 3
    assert states() == {State.ACCEPTED: 59, State.FAILED: 1}
    assert sizes[:4] == [50, 10, 25, 25]
    assert "composing it failed" in stored(deadly).error


def test_an_entry_often_deferred_is_not_taken_for_a_deadly_one(make_letter):
    make_letter()
    for _ in range(CLAIMS_AT_MOST + 2):
        [letter] = claim()
        assert begin(letter)
        hear(letter, Verdict(State.DEFERRED, "busy", -SECOND))
        sweep()
    claim()
    lease_runs_out()
    assert sweep() == Swept(1, 0, 0, 0, 0, 0)


def test_new_entries_do_not_wait_for_suspects(make_letter):
    suspect, new = make_letter(claims=2), make_letter()
    assert claim() == [new]
    assert claim() == [suspect]
