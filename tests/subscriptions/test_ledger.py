from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from subscriptions.models import Letter
from subscriptions.sweeping import Swept
from subscriptions.verdicts import UNTOUCHED, State, Verdict
from tests.subscriptions.ledger_steps import (
    ACCEPTED,
    DEFERRED,
    DOUBTED,
    LEASE,
    REJECTED,
    SECOND,
    WAIT,
    begin,
    claim,
    hear,
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
    for _ in range(4):
        make_letter()
    [other], mine = claim(limit=1), claim()
    begin(mine[0])
    assert letters().release(mine[0].owner) == 2
    assert states() == {State.CLAIMED: 1, State.ATTEMPTING: 1, State.PENDING: 2}
    free = stored(mine[2])
    assert (free.owner, free.lease_until, free.claims) == (None, None, 0)
    assert stored(other).state == State.CLAIMED


def test_abandoning_ends_the_leases_of_what_was_not_begun_and_counts(make_letter, states):
    for _ in range(3):
        make_letter()
    [other], mine = claim(limit=1), claim()
    begin(mine[0])
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
    assert not begin(letter)
    assert (stored(letter).state, stored(letter).attempts) == (State.CLAIMED, 0)


@pytest.mark.parametrize("lease", [SECOND, LEASE, timedelta(days=400, microseconds=1)])
def test_a_lease_holds_while_it_lasts(make_letter, lease):
    make_letter()
    [letter] = claim(lease=lease)
    assert sweep() == Swept(0, 0, 0, 0, 0, 0)
    assert begin(letter)
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
        assert begin(letter)
    assert stored(letter).attempted_at.year != 2030


def test_nothing_begins_under_another_owner(make_letter):
    make_letter()
    [late] = claim()
    lease_runs_out()
    sweep()
    [other] = claim()
    assert not begin(late)
    assert begin(other)
    assert not hear(late, ACCEPTED)
    assert stored(other).state == State.ATTEMPTING


def test_nothing_begins_twice(make_attempt):
    letter = make_attempt()
    begin(letter)
    assert stored(letter).attempts == 1


def test_a_claim_that_was_begun_no_longer_counts_against_the_entry(make_attempt):
    assert stored(make_attempt()).claims == 0


# --- results ------------------------------------------------------------------------------

VERDICTS = [
    ACCEPTED,
    DEFERRED,
    DOUBTED,
    REJECTED,
    Verdict(State.FAILED, "bad"),
    Verdict(State.SKIPPED, "left", is_counted=False),
    UNTOUCHED,
]
each_verdict = pytest.mark.parametrize("verdict", VERDICTS, ids=lambda v: v.state)


@each_verdict
@pytest.mark.parametrize("state", State)
def test_a_verdict_is_taken_of_what_is_attempted_and_settles_what_is_in_doubt(
    make_letter, verdict, state
):
    letter = make_letter(state=state, owner=uuid.uuid4(), attempts=1)
    is_settled = state == State.UNCERTAIN and verdict != DOUBTED
    is_taken = state == State.ATTEMPTING or is_settled
    assert hear(letter, verdict) == is_taken
    assert stored(letter).state == (verdict.state if is_taken else state)


@each_verdict
def test_no_verdict_is_taken_from_another_owner(make_attempt, verdict):
    letter = make_attempt()
    letters().update(owner=uuid.uuid4())
    assert not hear(letter, verdict)
    assert stored(letter).state == State.ATTEMPTING


def test_accepting_keeps_the_id_and_forgets_the_doubt(make_attempt):
    letter = make_attempt()
    hear(letter, DOUBTED)
    assert hear(letter, Verdict(State.ACCEPTED, "x" * 300))
    letter = stored(letter)
    assert (letter.provider_id, letter.error) == ("x" * 255, "")
    assert letter.finished_at is not None


@pytest.mark.parametrize("state", [State.REJECTED, State.FAILED])
def test_closing_says_why_and_when(make_attempt, state):
    letter = make_attempt()
    hear(letter, Verdict(state, "a 'quote', a\0 and " + "y" * 600))
    letter = stored(letter)
    assert len(letter.error) == 499  # the NUL is not stored
    assert letter.error.startswith("a 'quote', a and yyy")
    assert letter.finished_at is not None


def test_what_was_not_handed_over_is_as_if_it_had_never_been_claimed(make_attempt):
    letter = make_attempt()
    hear(letter, UNTOUCHED)
    letter = stored(letter)
    assert (letter.state, letter.attempts, letter.owner) == (State.PENDING, 0, None)
    assert (letter.claims, letter.lease_until) == (0, None)


def test_a_wait_runs_on_the_clock_of_the_database(make_attempt):
    letter = make_attempt()
    hear(letter, DEFERRED)
    left = letters().annotate(left=F("next_at") - Now()).get().left
    assert WAIT - 30 * SECOND < left <= WAIT


def test_a_chunk_is_recorded_in_one_statement(make_letter, django_assert_num_queries):
    verdicts = [ACCEPTED, DEFERRED, REJECTED, UNTOUCHED] * 10
    for _ in verdicts:
        make_letter()
    chunk = claim()
    begin(*chunk)
    with django_assert_num_queries(3):  # savepoint, update, savepoint
        ours = {letter.pk: verdict for letter, verdict in zip(chunk, verdicts, strict=True)}
        assert letters().record(chunk[0].owner, ours) == set(ours)
    assert letters().counts() == {
        State.ACCEPTED: 10, State.DEFERRED: 10, State.REJECTED: 10, State.PENDING: 10
    }  # fmt: skip


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


@pytest.mark.parametrize(
    ("said", "kept"), [("{a,\"b\"}\\ 'c'", "{a,\"b\"}\\ 'c'"), ("a\x1fb\x00c", "a bc"), ("", "")]
)
def test_what_a_service_said_is_kept_but_for_what_no_text_holds(make_letter, said, kept):
    make_letter()
    [letter] = claim()
    assert begin(letter)
    assert hear(letter, Verdict(State.REJECTED, said))
    assert stored(letter).error == kept


def test_words_stay_with_their_entry_in_a_chunk(make_letter):
    for _ in range(3):
        make_letter()
    chunk = claim()
    assert begin(*chunk)
    said = dict(zip((letter.pk for letter in chunk), ["one", "", "three"], strict=True))
    letters().record(
        chunk[0].owner, {pk: Verdict(State.REJECTED, words) for pk, words in said.items()}
    )
    assert dict(letters().values_list("pk", "error")) == said
