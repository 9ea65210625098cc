from __future__ import annotations

import smtplib
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from anymail.exceptions import AnymailAPIError
from anymail.message import AnymailMessage
from billiard.exceptions import SoftTimeLimitExceeded
from django.core import mail
from django.db import DatabaseError
from django.db.models.functions import Now

from subscriptions import outbox
from subscriptions.ledger import CLAIMS_AT_MOST, State
from subscriptions.models import Letter
from subscriptions.outbox import NotToBeSent
from tests.subscriptions.outbox_steps import compose, is_due_again, post

SECOND = timedelta(seconds=1)


@pytest.fixture
def sending_raises(monkeypatch):
    """Make sending raise `error`, for the first `times` messages."""

    def fail(error: Exception, times: int = 1000) -> Counter:
        calls, send = Counter(), AnymailMessage.send

        def fail_or_send(message):
            calls["send"] += 1
            if calls["send"] <= times:
                raise error
            return send(message)

        monkeypatch.setattr(AnymailMessage, "send", fail_or_send)
        return calls

    return fail


@pytest.fixture
def service_goes_away(monkeypatch):
    """The mail service can be reached `times` times, and then no more."""

    def leave(times: int = 0) -> None:
        left = Counter(opens=times)

        def open_or_fail(backend):
            left["opens"] -= 1
            if left["opens"] < 0:
                raise ConnectionRefusedError("nobody there")

        monkeypatch.setattr("anymail.backends.test.EmailBackend.open", open_or_fail)

    return leave


def test_everything_pending_is_sent_chunk_by_chunk_oldest_first(make_letter, states, settings):
    settings.CLAIM_SIZE = 3
    made = [make_letter() for _ in range(8)]
    chunks = []

    def compose_all(letters):
        chunks.append(len(letters))
        return compose

    assert outbox.post(Letter.objects.all(), compose_all) == 8
    assert chunks == [3, 3, 2]
    assert [message.to for message in mail.outbox] == [[one.subscriber.email] for one in made]
    assert states() == {State.ACCEPTED: 8}


def test_nothing_pending_is_no_work(db, service_goes_away):
    service_goes_away()
    assert post() == 0


def test_a_sent_letter_keeps_what_the_service_called_it(make_letter):
    make_letter()
    post()
    letter = Letter.objects.get()
    assert letter.provider_id == str(mail.outbox[0].anymail_status.message_id)
    assert (letter.attempts, letter.error) == (1, "")
    assert letter.attempted_at <= letter.finished_at


def test_a_letter_is_sent_once_however_often_we_look(make_letter):
    make_letter()
    assert [post(), post()] == [1, 0]
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (NotToBeSent("the reader left"), State.SKIPPED, "the reader left"),
        (KeyError("title"), State.FAILED, "KeyError: 'title'"),
    ],
)
def test_what_cannot_be_composed_harms_no_other(make_letter, states, error, state, reason):
    bad, _ = make_letter(), make_letter()

    def compose_or_fail(letter):
        if letter == bad:
            raise error
        return compose(letter)

    assert post(compose_or_fail) == 2
    assert states() == {state: 1, State.ACCEPTED: 1}
    bad.refresh_from_db()
    assert (bad.error, bad.attempts) == (reason, 0)


@pytest.mark.parametrize("error", [DatabaseError("connection lost"), SoftTimeLimitExceeded()])
def test_trouble_of_the_worker_says_nothing_about_a_letter(make_letter, states, error):
    make_letter(), make_letter()

    def fail(letter):
        raise error

    with pytest.raises(type(error)):
        post(fail)
    assert states() == {State.CLAIMED: 2}
    outbox.sweep(Letter.objects.all())
    assert post() == 2


def test_a_letter_that_spoils_its_chunk_is_found_and_given_up(make_letter, states):
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


def test_without_a_durable_attempt_there_is_no_call(make_letter):
    make_letter()

    def compose_too_long(letter):
        Letter.objects.update(lease_until=Now() - SECOND)
        return compose(letter)

    post(compose_too_long)
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (smtplib.SMTPDataError(451, b"busy"), State.DEFERRED),
        (smtplib.SMTPDataError(550, b"no"), State.REJECTED),
        (smtplib.SMTPServerDisconnected("gone"), State.UNCERTAIN),
        (AnymailAPIError("no answer"), State.UNCERTAIN),
    ],
    ids=["later", "never", "unknown", "http"],
)
def test_every_fate_has_its_state(make_letter, states, sending_raises, error, state):
    make_letter(), make_letter()
    sending_raises(error, times=1)
    assert post() == 2
    assert states() == {state: 1, State.ACCEPTED: 1}
    assert type(error).__name__ in Letter.objects.get(state=state).error


def test_a_deferred_letter_waits_and_is_tried_again(make_letter, sending_raises):
    make_letter()
    calls = sending_raises(smtplib.SMTPDataError(451, b"busy"), times=1)
    assert [post(), post()] == [1, 0]
    is_due_again()
    assert post() == 1
    assert calls["send"] == 2
    assert Letter.objects.get().state == State.ACCEPTED


def test_after_the_last_attempt_a_letter_fails(make_letter, sending_raises, settings):
    settings.MAX_ATTEMPTS = 3
    make_letter()
    calls = sending_raises(smtplib.SMTPDataError(451, b"busy"))
    for _ in range(5):
        post()
        is_due_again()
    letter = Letter.objects.get()
    assert calls["send"] == letter.attempts == 3
    assert letter.state == State.FAILED
    assert letter.error.startswith("gave up after 3 attempts: SMTPDataError")


@pytest.mark.parametrize(("policy", "state"), [("park", "parked"), ("resend", "accepted")])
def test_the_site_decides_about_the_uncertain(make_letter, sending_raises, settings, policy, state):
    settings.UNCERTAIN = policy
    make_letter()
    sending_raises(smtplib.SMTPServerDisconnected("gone"), times=1)
    post()
    is_due_again()
    post()
    assert Letter.objects.get().state == state


def test_if_the_service_is_away_everything_is_given_back(make_letter, service_goes_away):
    for _ in range(3):
        make_letter()
    service_goes_away()
    assert post() == 0
    untouched = Letter.objects.filter(state=State.PENDING, owner=None, claims=0, attempts=0)
    assert untouched.count() == 3


def test_if_the_service_goes_away_the_rest_is_given_back(
    make_letter, states, service_goes_away, sending_raises
):
    for _ in range(4):
        make_letter()
    service_goes_away(times=1)
    sending_raises(smtplib.SMTPServerDisconnected("gone"), times=1)
    assert post() == 1
    assert states() == {State.UNCERTAIN: 1, State.PENDING: 3}


def test_when_the_time_is_over_the_rest_is_given_back(make_letter, monkeypatch):
    for _ in range(4):
        make_letter()
    ticks = iter(range(100))
    monkeypatch.setattr("subscriptions.outbox.time.monotonic", lambda: next(ticks))
    assert post(budget=4) == 2
    assert Letter.objects.filter(state=State.ACCEPTED).count() == 2
    assert Letter.objects.filter(state=State.PENDING, claims=0).count() == 2


def test_no_chunk_is_begun_when_the_time_is_over(make_letter):
    make_letter()
    assert post(budget=0) == 0
    assert Letter.objects.get().claims == 0


def test_delays_double_up_to_an_hour_and_spread_over_their_upper_half():
    shortest = [outbox.delay(n, chance=0).total_seconds() for n in range(1, 10)]
    assert shortest == [15, 30, 60, 120, 240, 480, 960, 1800, 1800]
    for attempts in (1, 5, 8, 1000):
        low, high = outbox.delay(attempts, chance=0), outbox.delay(attempts, chance=1)
        assert high == 2 * low <= timedelta(hours=1)
        assert outbox.delay(attempts, chance=0.5) == 1.5 * low


def test_one_more_letter_costs_two_queries(make_letter, django_assert_max_num_queries):
    for _ in range(10):
        make_letter()
    around = 10  # two claims, the second of which finds nothing
    with django_assert_max_num_queries(10 * 2 + around):
        outbox.post(Letter.objects.select_related("subscriber"), lambda letters: compose)
