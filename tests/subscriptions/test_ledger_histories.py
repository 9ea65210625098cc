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
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from subscriptions.ledger import State, Uncertain
from subscriptions.models import Letter

ENTRIES = 4
LEASE = WAIT = timedelta(hours=1)
SECOND = timedelta(seconds=1)
FINAL = {State.ACCEPTED, State.REJECTED, State.FAILED, State.SKIPPED}
letters = Letter.objects.all


class Histories(RuleBasedStateMachine):
    """Workers hold entries as they once read them, and may act on them at any later time."""

    reader = None
    held = Bundle("held")

    @initialize()
    def start(self):
        letters().delete()
        letters().bulk_create(
            Letter(subscriber=self.reader, kind="already") for _ in range(ENTRIES)
        )
        self.pks = set(letters().values_list("pk", flat=True))
        self.being_sent, self.final = set(), {}
        self.handed_over = dict.fromkeys(self.pks, 0)

    @rule(target=held, limit=st.integers(1, ENTRIES))
    def claim(self, limit):
        owner = letters().claim(limit=limit, lease=LEASE)
        taken = list(letters().claimed_by(owner))
        assert len(taken) <= limit
        assert not self.being_sent & {letter.pk for letter in taken}
        return multiple(*taken)

    @rule(letter=held)
    def begin(self, letter):
        if letter.begin():
            assert letter.pk not in self.being_sent
            self.being_sent.add(letter.pk)
            self.handed_over[letter.pk] += 1

    @rule(letter=held)
    def accept(self, letter):
        letter.accept("id")

    @rule(letter=held)
    def defer(self, letter):
        if letter.defer("busy", delay=WAIT):
            self.handed_over[letter.pk] -= 1  # the service said that it did not take it

    @rule(letter=held)
    def doubt(self, letter):
        letter.doubt("gone", wait=WAIT)

    @rule(letter=consumes(held), verb=st.sampled_from(["reject", "fail", "skip"]))
    def close(self, letter, verb):
        getattr(letter, verb)("why")

    @rule(letter=held)
    def release(self, letter):
        letters().release(letter.owner)

    @rule(letter=held)
    def crash(self, letter):
        """The worker dies: nothing is recorded, and its lease runs out."""
        letters().filter(owner=letter.owner).update(lease_until=Now() - SECOND)

    @rule()
    def time_passes(self):
        letters().filter(next_at__isnull=False).update(next_at=Now() - SECOND)

    @rule(policy=st.sampled_from(Uncertain))
    def sweep(self, policy):
        letters().sweep(wait=WAIT, policy=policy)

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
        Histories, settings=settings(max_examples=40, stateful_step_count=30, deadline=None)
    )
