from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from subscriptions.ledger import State, Swept
from subscriptions.models import Letter
from tests.subscriptions.ledger_steps import (
    LEASE,
    SECOND,
    WAIT,
    claim,
    lease_runs_out,
    letters,
    stored,
    sweep,
)

# --- claiming -----------------------------------------------------------------------------


def test_a_claim_takes_the_oldest_first_and_never_more_than_asked(make_letter):
    made = [make_letter() for _ in range(5)]
    assert claim(limit=2) == made[:2]
    assert claim(limit=50) == made[2:]
    assert claim() == []


def test_a_claim_writes_its_owner_its_lease_and_its_count(make_letter):
    make_letter()
    owner = letters().claim(limit=1, lease=LEASE)
    letter = letters().annotate(left=F("lease_until") - Now()).get()
    assert (letter.state, letter.owner, letter.claims) == (State.CLAIMED, owner, 1)
    assert LEASE - 30 * SECOND < letter.left <= LEASE


@pytest.mark.parametrize("state", [state for state in State if state != State.PENDING])
def test_only_pending_entries_are_claimed(make_letter, state):
    make_letter(state=state)
    assert claim() == []


def test_only_entries_of_the_query_are_claimed(make_letter):
    make_letter(kind="confirm")
    wanted = make_letter(kind="already")
    owner = letters().filter(kind="already").claim(limit=5, lease=LEASE)
    assert list(letters().claimed_by(owner)) == [wanted]


@pytest.mark.django_db(transaction=True)
def test_claimers_at_once_share_nothing_and_forget_nothing(make_letter):
    reader = make_letter().subscriber
    Letter.objects.bulk_create(Letter(subscriber=reader, kind="already") for _ in range(199))
    found, start = [], threading.Barrier(4)

    def work() -> None:
        start.wait()
        while taken := claim(limit=7):
            found.extend(letter.pk for letter in taken)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(set(found)) == 200


def test_release_gives_back_what_was_not_begun(make_letter, states):
    make_letter(), make_letter()
    other = claim(limit=1)[0]
    begun, rest = claim(limit=1)[0], [make_letter(), make_letter()]
    begun.begin()
    owner = letters().claim(limit=50, lease=LEASE)
    letters().claimed_by(owner)[0].begin()
    assert letters().release(owner) == 1
    assert states() == {State.CLAIMED: 1, State.ATTEMPTING: 2, State.PENDING: 1}
    free = stored(rest[1])
    assert (free.owner, free.lease_until, free.claims) == (None, None, 0)
    assert stored(other).state == State.CLAIMED


def test_abandoning_ends_the_leases_of_what_was_not_begun_and_counts(make_letter, states):
    make_letter(), make_letter(), make_letter()
    other, mine = claim(limit=1)[0], claim()
    mine[0].begin()
    assert letters().abandon(mine[0].owner) == 1
    assert sweep().released == 1
    assert stored(mine[1]).claims == 1
    assert states() == {State.CLAIMED: 1, State.ATTEMPTING: 1, State.PENDING: 1}
    assert stored(other).state == State.CLAIMED


# --- leases and fencing -------------------------------------------------------------------


@pytest.mark.parametrize("lease", [timedelta(microseconds=-1), -SECOND, -LEASE])
def test_nothing_begins_after_its_lease(make_letter, lease):
    make_letter()
    [letter] = claim(lease=lease)
    assert not letter.begin()
    assert letter.attempts == 0
    assert stored(letter).state == State.CLAIMED


@pytest.mark.parametrize("lease", [SECOND, LEASE, timedelta(days=400, microseconds=1)])
def test_a_lease_holds_while_it_lasts(make_letter, lease):
    make_letter()
    [letter] = claim(lease=lease)
    assert sweep() == Swept(0, 0, 0, 0, 0, 0)
    assert letter.begin()
    assert sweep() == Swept(0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("microsecond", [0, 1, 999, 1000, 500_000, 999_999])
def test_leases_compare_as_times_whatever_their_fraction(make_letter, microsecond):
    """SQLite stores a time as text, with or without a fraction."""
    second = datetime.now(UTC).replace(microsecond=microsecond)
    over = make_letter(state=State.CLAIMED, lease_until=second - 2 * SECOND)
    held = make_letter(state=State.CLAIMED, lease_until=second + 30 * SECOND)
    assert sweep().released == 1
    assert stored(over).state == State.PENDING
    assert stored(held).state == State.CLAIMED


def test_leases_run_on_the_clock_of_the_database(make_letter):
    make_letter()
    [letter] = claim()
    with time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC)):
        assert sweep().released == 0
        assert letter.begin()
    assert stored(letter).attempted_at.year != 2030


def test_nothing_begins_under_another_owner(make_letter):
    make_letter()
    [late] = claim()
    lease_runs_out()
    sweep()
    [other] = claim()
    assert not late.begin()
    assert other.begin()
    assert not late.accept("late")
    assert stored(other).state == State.ATTEMPTING


def test_nothing_begins_twice(make_attempt):
    letter = make_attempt()
    assert not letter.begin()
    assert letter.attempts == stored(letter).attempts == 1


def test_a_claim_that_was_begun_no_longer_counts_against_the_entry(make_attempt):
    assert stored(make_attempt()).claims == 0


# --- results ------------------------------------------------------------------------------

BEFORE = {
    "accept": {State.ATTEMPTING, State.UNCERTAIN},
    "defer": {State.ATTEMPTING},
    "doubt": {State.ATTEMPTING},
    "reject": {State.ATTEMPTING},
    "fail": {State.CLAIMED, State.ATTEMPTING},
    "skip": {State.CLAIMED, State.PENDING},
}
VERBS = {
    "accept": (lambda letter: letter.accept("id"), State.ACCEPTED),
    "defer": (lambda letter: letter.defer("busy", delay=LEASE), State.DEFERRED),
    "doubt": (lambda letter: letter.doubt("gone", wait=WAIT), State.UNCERTAIN),
    "reject": (lambda letter: letter.reject("no"), State.REJECTED),
    "fail": (lambda letter: letter.fail("bad"), State.FAILED),
    "skip": (lambda letter: letter.skip("left"), State.SKIPPED),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", State)
def test_every_result_is_taken_only_from_its_states(make_letter, verb, state):
    letter = make_letter(state=state, owner=uuid.uuid4())
    act, after = VERBS[verb]
    is_taken = state in BEFORE[verb]
    assert act(letter) == is_taken
    assert letter.state == stored(letter).state == (after if is_taken else state)


@pytest.mark.parametrize("verb", VERBS)
def test_no_result_is_taken_from_another_owner(make_letter, verb):
    letter = make_letter(state=min(BEFORE[verb]), owner=uuid.uuid4())
    letters().update(owner=uuid.uuid4())
    assert not VERBS[verb][0](letter)


def test_accepting_keeps_the_id_and_forgets_the_doubt(make_attempt):
    letter = make_attempt()
    letter.doubt("the connection was lost", wait=WAIT)
    assert letter.accept("x" * 300)
    letter = stored(letter)
    assert (letter.provider_id, letter.error) == ("x" * 255, "")
    assert letter.finished_at is not None


@pytest.mark.parametrize("verb", ["reject", "fail"])
def test_closing_says_why_and_when(make_attempt, verb):
    letter = make_attempt()
    getattr(letter, verb)("y" * 600)
    letter = stored(letter)
    assert letter.error == "y" * 500
    assert letter.finished_at is not None


def test_a_person_settles_what_is_in_doubt_and_nothing_else(make_letter, states):
    for state in State:
        make_letter(state=state)
    assert letters().settle() == 2
    assert states()[State.ACCEPTED] == 3
    assert not {State.UNCERTAIN, State.PARKED} & states().keys()


def test_a_person_sends_again_what_did_not_arrive(make_letter, states):
    for state in State:
        make_letter(state=state, owner=uuid.uuid4(), claims=5, attempts=20, resends=1, error="no")
    assert letters().send_again() == 4
    assert states()[State.PENDING] == 5
    anew = letters().filter(claims=0, attempts=0, resends=0, error="", owner=None)
    assert anew.filter(state=State.PENDING).count() == anew.count() == 4
