"""Random histories of workers that are late, die, or come back: what can never happen."""

from __future__ import annotations

import os
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
    rule,
    run_state_machine_as_test,
)

from subscriptions.journal import Notes
from subscriptions.models import Letter
from subscriptions.sweeping import Doubt, Uncertain
from subscriptions.verdicts import UNTOUCHED, State, Verdict

ENTRIES = 3
EXAMPLES = int(os.environ.get("EXAMPLES", "25"))  # more on demand
LEASE = WAIT = timedelta(hours=1)
SECOND = timedelta(seconds=1)
FINAL = {State.ACCEPTED, State.REJECTED, State.FAILED, State.SKIPPED}
letters = Letter.objects.all
ANSWERS = {
    "yes": Verdict(State.ACCEPTED, "id"),
    "not now": Verdict(State.DEFERRED, "busy", WAIT),
    "silence": Verdict(State.UNCERTAIN, "gone", WAIT),
    "no": Verdict(State.REJECTED, "no"),
}


class Worker:
    """One claim, held by somebody who may act on it at any later time."""

    def __init__(self, owner, taken) -> None:
        self.owner, self.taken = owner, taken
        self.begun: set[int] = set()
        self.handed: set[int] = set()
        self.answers: dict[int, str] = {}
        self.is_dead = False

    def notes(self, *, is_complete: bool) -> Notes:
        yes = {pk: "id" for pk, answer in self.answers.items() if answer == "yes"}
        no = {pk for pk, answer in self.answers.items() if answer in {"no", "not now"}}
        return Notes(is_complete, frozenset(self.handed), yes, frozenset(no))

    def verdicts(self) -> dict[int, Verdict]:
        answered = {pk: ANSWERS[answer] for pk, answer in self.answers.items()}
        doubtful = dict.fromkeys(self.handed, ANSWERS["silence"])
        return dict.fromkeys(self.begun, UNTOUCHED) | doubtful | answered


class Histories(RuleBasedStateMachine):
    """Workers claim, hand over, hear, die, come back late; journals are read or lost."""

    reader = None
    workers = Bundle("workers")

    @initialize(policy=st.sampled_from(Uncertain))
    def start(self, policy):
        self.doubt = Doubt(WAIT, policy)
        letters().delete()
        letters().bulk_create(
            Letter(subscriber=self.reader, kind="already") for _ in range(ENTRIES)
        )
        self.pks = set(letters().values_list("pk", flat=True))
        self.final = {}
        self.copies = dict.fromkeys(self.pks, 0)  # that the service may have taken

    @rule(target=workers, limit=st.integers(1, ENTRIES), is_quick=st.booleans())
    def claim(self, limit, is_quick):
        owner = letters().claim(limit=limit, lease=LEASE)
        worker = Worker(owner, set(letters().claimed_by(owner).values_list("pk", flat=True)))
        assert len(worker.taken) <= limit
        if is_quick:
            self.begin(worker)
        return worker

    @rule(worker=workers)
    def begin(self, worker):
        if not worker.begun and not worker.is_dead:
            worker.begun = letters().begin(worker.owner, worker.taken)

    @rule(worker=workers, answer=st.sampled_from([*sorted(ANSWERS), None]))
    def hand_over(self, worker, answer):
        """One more mail; a worker whose lease ran out hands nothing over any more."""
        is_asleep = letters().filter(owner=worker.owner, lease_until__lt=Now()).exists()
        left = worker.begun - worker.handed
        if worker.is_dead or is_asleep or not left:
            return
        pk = min(left)
        worker.handed.add(pk)
        self.copies[pk] += answer in {"yes", "silence", None}
        if answer is not None:
            worker.answers[pk] = answer

    @rule(worker=workers)
    def record(self, worker):
        if not worker.is_dead:
            letters().record(worker.owner, worker.verdicts())
            worker.is_dead = True

    @rule(worker=workers)
    def release(self, worker):
        letters().release(worker.owner)

    @rule(worker=workers, is_complete=st.booleans())
    def die_and_be_taken_over(self, worker, is_complete):
        if worker.is_dead:
            return
        worker.is_dead = True
        letters().take_over(worker.owner, worker.notes(is_complete=is_complete), self.doubt)
        letters().sweep(self.doubt)

    @rule(worker=workers, is_lost=st.booleans())
    def sleep_over_the_lease(self, worker, is_lost):
        letters().filter(owner=worker.owner).update(lease_until=Now() - SECOND)
        letters().sweep(self.doubt)
        worker.is_dead = worker.is_dead or is_lost

    @rule()
    def wait(self):
        letters().filter(next_at__isnull=False).update(next_at=Now() - SECOND)
        letters().sweep(self.doubt)

    @invariant()
    def nothing_is_lost(self):
        assert sum(letters().counts().values()) == ENTRIES
        assert set(letters().values_list("pk", flat=True)) == self.pks

    @invariant()
    def what_is_final_stays(self):
        states = dict(letters().values_list("pk", "state"))
        assert {pk: states[pk] for pk in self.final} == self.final
        self.final = {pk: state for pk, state in states.items() if state in FINAL}

    @invariant()
    def nobody_gets_more_copies_than_the_policy_allows(self):
        most = 2 if self.doubt.policy is Uncertain.RESEND else 1
        assert max(self.copies.values()) <= most

    @invariant()
    def nothing_is_called_sent_that_was_not(self):
        accepted = letters().filter(state=State.ACCEPTED).values_list("pk", flat=True)
        assert all(self.copies[pk] for pk in accepted)

    @invariant()
    def no_count_is_below_zero(self):
        assert not letters().filter(claims__lt=0).exists()
        assert not letters().filter(attempts__lt=0).exists()


@pytest.mark.django_db
def test_no_history_of_workers_loses_or_doubles_an_entry(make_subscriber):
    Histories.reader = make_subscriber()
    run_state_machine_as_test(
        Histories, settings=settings(max_examples=EXAMPLES, stateful_step_count=25, deadline=None)
    )
