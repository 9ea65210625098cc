"""Random histories of workers that are late, die, or come back: what can never happen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from subscriptions.ledger import State, Uncertain
from subscriptions.models import Letter

ENTRIES = 2
LEASE = WAIT = timedelta(hours=1)
SECOND = timedelta(seconds=1)
FINAL = {State.ACCEPTED, State.REJECTED, State.FAILED, State.SKIPPED}
letters = Letter.objects.all
ANSWERS = {
    "accept": lambda letter: letter.accept("id"),
    "defer": lambda letter: letter.defer("busy", delay=WAIT),
    "doubt": lambda letter: letter.doubt("gone", wait=WAIT),
    "reject": lambda letter: letter.reject("no"),
    "fail": lambda letter: letter.fail("bad"),
    "skip": lambda letter: letter.skip("left"),
}


class Histories(RuleBasedStateMachine):
    """Workers hold entries as they once read them, and may act on them at any later time."""

    reader = None
    held = Bundle("held")

    @initialize(policy=st.sampled_from(Uncertain))
    def start(self, policy):
        self.policy = policy
        letters().delete()
        letters().bulk_create(
            Letter(subscriber=self.reader, kind="already") for _ in range(ENTRIES)
        )
        self.pks = set(letters().values_list("pk", flat=True))
        self.being_sent, self.final = set(), {}
        self.handed_over = dict.fromkeys(self.pks, 0)

    @rule(target=held, limit=st.integers(1, ENTRIES), is_quick=st.booleans())
    def claim(self, limit, is_quick):
        owner = letters().claim(limit=limit, lease=LEASE)
        taken = list(letters().claimed_by(owner))
        assert len(taken) <= limit
        assert not self.being_sent & {letter.pk for letter in taken}
        for letter in taken if is_quick else ():
            self.begin(letter)
        return multiple(*taken)

    @rule(letter=held)
    def begin(self, letter):
        if letter.begin():
            assert letter.pk not in self.being_sent
            self.handed_over[letter.pk] += 1

    @rule(letter=held, answer=st.sampled_from(sorted(ANSWERS)))
    def hear(self, letter, answer):
        is_recorded = ANSWERS[answer](letter)
        if is_recorded and answer == "defer":
            self.handed_over[letter.pk] -= 1  # the service said that it did not take it

    @rule(letter=held)
    def release(self, letter):
        letters().release(letter.owner)

    @rule(letter=held)
    def die(self, letter):
        """Nothing is recorded; the lease runs out, and a sweep comes by."""
        letters().filter(owner=letter.owner).update(lease_until=Now() - SECOND)
        letters().sweep(wait=WAIT, policy=self.policy)

    @rule()
    def wait(self):
        letters().filter(next_at__isnull=False).update(next_at=Now() - SECOND)
        letters().sweep(wait=WAIT, policy=self.policy)

    @invariant()
    def nothing_is_lost(self):
        assert sum(letters().counts().values()) == ENTRIES
        assert set(letters().values_list("pk", flat=True)) == self.pks

    @invariant()
    def what_is_final_stays(self):
        states = dict(letters().values_list("pk", "state"))
        assert {pk: states[pk] for pk in self.final} == self.final
        self.final = {pk: state for pk, state in states.items() if state in FINAL}
        self.being_sent = {pk for pk, state in states.items() if state == State.ATTEMPTING}

    @invariant()
    def nobody_gets_more_than_two_copies(self):
        assert max(self.handed_over.values()) <= 2

    @invariant()
    def no_count_is_below_zero(self):
        assert not letters().filter(claims__lt=0).exists()


@pytest.mark.django_db
def test_no_history_of_workers_loses_or_doubles_an_entry(make_subscriber):
    Histories.reader = make_subscriber()
    run_state_machine_as_test(
        Histories, settings=settings(max_examples=40, stateful_step_count=25, deadline=None)
    )
