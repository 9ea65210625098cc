from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError
from django.db.models.functions import Now

from subscriptions import outbox
from subscriptions.chunk import LOOK_AGAIN
from subscriptions.claims import CLAIMS_AT_MOST
from subscriptions.composing import NotNow, NotToBeSent
from subscriptions.ledger import EntryQuerySet
from subscriptions.models import Gate, Letter
from subscriptions.outgoing import Fate, Result, Unreachable
from subscriptions.verdicts import State
from tests.subscriptions.ledger_steps import SECOND
from tests.subscriptions.outbox_steps import (
    BUSY,
    NO,
    SILENCE,
    YES,
    Way,
    compose,
    is_due_again,
    post,
)


@pytest.fixture
def way(monkeypatch):
    """The way out of every run of this test."""
    way = Way()
    monkeypatch.setattr(outbox, "open_transport", lambda: way)
    return way


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


def journals(settings) -> list[Path]:
    return list(Path(settings.JOURNAL_DIR).glob("letter.*"))


def test_everything_pending_is_sent_chunk_by_chunk_oldest_first(make_letter, states, settings, way):
    settings.CLAIM_SIZE = 3
    made = [make_letter() for _ in range(8)]
    chunks = []

    def compose_all(letters):
        chunks.append(len(letters))
        return compose

    assert outbox.post(Letter.objects.all(), compose_all) == 8
    assert chunks == [3, 3, 2]
    assert way.taken == [one.subscriber.email for one in made]
    assert states() == {State.ACCEPTED: 8}
    assert way.is_closed
    assert journals(settings) == []


def test_nothing_pending_is_no_work(db, way):
    way.answers = [Unreachable("away")]
    assert post() == 0


def test_a_sent_letter_keeps_what_the_service_said(make_letter, way):
    make_letter()
    post()
    letter = Letter.objects.get()
    assert (letter.provider_id, letter.attempts, letter.error) == ("queued as 1", 1, "")
    assert letter.attempted_at <= letter.finished_at


def test_a_letter_is_sent_once_however_often_we_look(make_letter, way):
    make_letter()
    assert [post(), post()] == [1, 0]
    assert len(way.taken) == 1


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


def test_without_a_durable_attempt_there_is_no_call(make_letter, way):
    make_letter()

    def compose_too_long(letter):
        Letter.objects.update(lease_until=Now() - SECOND)
        return compose(letter)

    post(compose_too_long)
    assert way.taken == []


def test_without_a_journal_there_is_no_call_and_nothing_is_given_up(
    make_letter, way, settings, tmp_path, caplog
):
    make_letter()
    (tmp_path / "full").touch()
    settings.JOURNAL_DIR = str(tmp_path / "full")
    for _ in range(CLAIMS_AT_MOST + 1):
        assert post() == 0
    assert way.taken == []
    letter = Letter.objects.get()
    assert (letter.state, letter.claims, letter.attempts) == (State.PENDING, 0, 0)
    assert f"JOURNAL_DIR ({tmp_path / 'full'}) cannot be written" in caplog.text


def test_many_mails_in_a_call_that_failed_are_one_failure(make_letter, way):
    for _ in range(30):
        make_letter()
    way.answers, way.batch = [BUSY], 30
    post()
    assert Gate.objects.get().failures == 1
    Letter.objects.update(state=State.PENDING)
    way.answers, way.batch = [BUSY] * 30, 1
    post()
    assert Gate.objects.get().failures == 31


@pytest.mark.parametrize(
    ("answer", "state"),
    [(BUSY, State.DEFERRED), (NO, State.REJECTED), (SILENCE, State.UNCERTAIN)],
    ids=["later", "never", "unknown"],
)
def test_every_fate_has_its_state(make_letter, states, way, answer, state):
    make_letter(), make_letter()
    way.answers = [answer]
    assert post() == 2
    assert states() == {state: 1, State.ACCEPTED: 1}
    assert Letter.objects.get(state=state).error == answer.detail


def test_a_deferred_letter_waits_and_is_tried_again(make_letter, way):
    make_letter()
    way.answers = [BUSY]
    assert [post(), post()] == [1, 0]
    is_due_again()
    assert post() == 1
    assert (Letter.objects.get().state, Letter.objects.get().attempts) == (State.ACCEPTED, 2)


def test_a_letter_waits_at_least_as_long_as_the_service_asked(make_letter, way):
    make_letter()
    way.answers = [Result(Fate.LATER, "429", retry_after=1800)]
    post()
    assert Letter.objects.filter(next_at__gt=Now() + 1790 * SECOND).exists()


def test_after_the_last_attempt_a_letter_fails(make_letter, way, settings):
    settings.MAX_ATTEMPTS = 3
    make_letter()
    way.answers = [BUSY] * 5
    for _ in range(5):
        post()
        is_due_again()
    letter = Letter.objects.get()
    assert (letter.state, letter.attempts, len(way.answers)) == (State.FAILED, 3, 2)
    assert letter.error == "gave up after 3 attempts: 451 busy"


@pytest.mark.parametrize(("policy", "state"), [("park", "parked"), ("resend", "accepted")])
def test_the_site_decides_about_the_uncertain(make_letter, way, settings, policy, state):
    settings.UNCERTAIN = policy
    make_letter()
    way.answers = [SILENCE]
    post()
    is_due_again()
    post()
    assert Letter.objects.get().state == state


def test_if_the_service_is_away_everything_is_given_back(make_letter, way):
    for _ in range(3):
        make_letter()
    way.answers = [Unreachable("nobody there")]
    assert post() == 0
    untouched = Letter.objects.filter(state=State.PENDING, owner=None, claims=0, attempts=0)
    assert untouched.count() == 3


def test_if_the_service_goes_away_the_rest_is_given_back(make_letter, states, way):
    for _ in range(4):
        make_letter()
    way.answers = [SILENCE, Unreachable("nobody there")]
    assert post() == 1
    assert states() == {State.UNCERTAIN: 1, State.PENDING: 3}


def test_an_error_in_the_middle_puts_one_in_doubt_and_gives_back_the_rest(
    make_letter, states, way, settings
):
    for _ in range(4):
        make_letter()
    way.answers = [YES, None]
    with pytest.raises(ConnectionResetError):
        post()
    assert states() == {State.ACCEPTED: 1, State.UNCERTAIN: 1, State.PENDING: 2}
    assert journals(settings) == []


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


# --- a process that died ---------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here, and writes nothing any more."""


@pytest.fixture
def dies(monkeypatch):
    """Let the process die when it wants to record a chunk."""

    def record(*args):
        raise Killed

    def die() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(EntryQuerySet, "record", record)
            patch.setattr(EntryQuerySet, "abandon", record)
            with pytest.raises(Killed):
                post()

    return die


def test_what_a_dead_process_had_handed_over_is_known(make_letter, states, way, dies, settings):
    for _ in range(10):
        make_letter()
    way.answers = [YES, YES, BUSY, NO, YES, None]
    dies()
    assert states() == {State.ATTEMPTING: 10}
    outbox.sweep(Letter.objects.all())
    assert states() == {State.ACCEPTED: 3, State.PENDING: 6, State.UNCERTAIN: 1}
    assert Letter.objects.filter(attempts=0).count() == 4  # never handed over
    assert journals(settings) == []
    post()
    assert states() == {State.ACCEPTED: 9, State.UNCERTAIN: 1}
    assert len(way.taken) == len(set(way.taken)) == 10


def test_after_a_crash_of_the_machine_silence_of_the_journal_means_nothing(
    make_letter, states, way, dies, settings
):
    for _ in range(4):
        make_letter()
    way.answers = [YES, None]
    dies()
    [path] = journals(settings)
    _, *lines = path.read_text().split("\n")
    path.write_text("\n".join(["boot of-another-life", *lines]))
    outbox.sweep(Letter.objects.all())
    assert states() == {State.ACCEPTED: 1, State.ATTEMPTING: 3}
    Letter.objects.update(lease_until=Now() - SECOND)
    outbox.sweep(Letter.objects.all())
    assert states() == {State.ACCEPTED: 1, State.UNCERTAIN: 3}


def test_what_could_not_be_recorded_is_taken_over_by_the_next_sweep(
    make_letter, states, way, monkeypatch
):
    for _ in range(3):
        make_letter()

    def fail(*args):
        raise DatabaseError("the server went away")

    with monkeypatch.context() as patch:
        patch.setattr(EntryQuerySet, "record", fail)
        with pytest.raises(DatabaseError):
            post()
    outbox.sweep(Letter.objects.all())
    assert states() == {State.ACCEPTED: 3}
