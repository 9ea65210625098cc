from __future__ import annotations

from pathlib import Path

import pytest
from django.db.models.functions import Now

from subscriptions import outbox
from subscriptions.claims import CLAIMS_AT_MOST
from subscriptions.models import Gate, Letter
from subscriptions.outgoing import Fate, Result, Unreachable
from subscriptions.verdicts import State
from tests.subscriptions.ledger_steps import SECOND
from tests.subscriptions.outbox_steps import (
    BUSY,
    NO,
    SILENCE,
    YES,
    compose,
    is_due_again,
    post,
)


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
