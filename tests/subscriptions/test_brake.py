"""When the brake on sign-ups goes on, for how long, and who is told."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.core import mail

from newsletter import readiness
from subscriptions import brake
from subscriptions.models import Letter, Subscriber
from subscriptions.verdicts import State
from tests.conftest import MOMENT

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def is_on(at=MOMENT):
    return brake.is_on(brake.state(), at=at)


def send(make_subscriber, *, confirmed, ignored, ago=HOUR):
    """Letters that were sent so long ago, of which so many were confirmed."""
    for state, count in (("confirmed", confirmed), ("pending", ignored)):
        for _ in range(count):
            reader = make_subscriber(state=state)
            Letter.objects.create(
                subscriber=reader, kind="confirm", state=State.ACCEPTED, finished_at=MOMENT - ago
            )


def test_it_is_off_in_a_new_installation(db):
    assert not is_on()
    assert brake.hourly_limit(brake.state()) == 60
    assert not list(brake.warnings(at=MOMENT))


def test_it_is_on_for_an_hour_after_the_last_reason(db):
    brake.state()
    brake.pull("first", at=MOMENT)
    brake.pull("second", at=MOMENT + 40 * MINUTE)

    found = brake.state()
    assert (found.since, found.until) == (MOMENT, MOMENT + 100 * MINUTE)
    assert found.reason == "first"
    assert is_on(MOMENT + 99 * MINUTE)
    assert not is_on(MOMENT + 100 * MINUTE)


def test_as_long_as_too_many_press_it_stays_on(db, settings):
    settings.SIGNUPS_AN_HOUR = 3
    brake.state()
    brake.pull("many", at=MOMENT)
    later = MOMENT + 50 * MINUTE
    for _ in range(3):
        brake.press(brake.state(), at=later)
    assert brake.state().until == MOMENT + HOUR
    brake.press(brake.state(), at=later)
    assert brake.state().until == later + HOUR


@pytest.mark.parametrize(
    ("letters", "confirmed", "is_so"),
    [(49, 0, False), (50, 0, True), (50, 9, True), (50, 10, False), (500, 99, True), (0, 0, False)],
)
def test_few_confirmations_of_many_letters_are_doubtful(letters, confirmed, is_so):
    assert brake.is_doubtful(letters, confirmed) == is_so


def test_letters_that_nobody_answers_put_it_on(make_subscriber):
    send(make_subscriber, confirmed=9, ignored=41)
    brake.watch(at=MOMENT)

    assert is_on()
    assert brake.state().reason == "of 50 letters only 9 were confirmed"


@pytest.mark.parametrize("ago", [29 * MINUTE, 361 * MINUTE])
def test_letters_of_just_now_and_of_long_ago_say_nothing(make_subscriber, ago):
    send(make_subscriber, confirmed=0, ignored=60, ago=ago)
    brake.watch(at=MOMENT)

    assert not is_on()


def test_who_confirmed_and_left_again_did_confirm(make_subscriber):
    send(make_subscriber, confirmed=20, ignored=40)
    Subscriber.objects.filter(state="confirmed").update(state="unsubscribed")
    brake.watch(at=MOMENT)

    assert not is_on()


def test_what_is_usual_is_measured_by_who_confirmed_in_a_week(make_subscriber, settings):
    settings.SIGNUPS_AN_HOUR = 1
    for days in (1, 6, 8):
        for state in Subscriber.State:
            at = MOMENT - timedelta(days=days)
            Subscriber.objects.bulk_create(
                Subscriber(email=f"{state}{days}-{n}@example.net", state=state, state_changed_at=at)
                for n in range(168)
            )  # fmt: skip
    brake.watch(at=MOMENT)

    assert brake.state().hourly == 2
    assert brake.hourly_limit(brake.state()) == 10


def test_it_is_measured_once_an_hour(make_subscriber):
    brake.watch(at=MOMENT)
    for minutes, measured in ((59, MOMENT), (60, MOMENT + HOUR)):
        brake.watch(at=MOMENT + minutes * MINUTE)
        assert brake.state().measured_at == measured


def test_the_operator_is_told_once_each_time(db, settings, caplog):
    settings.OPERATOR_MAIL = ["owner@example.org"]
    brake.state()
    with caplog.at_level(logging.ERROR):
        for minutes in (0, 10, 20, 90):
            brake.pull("many", at=MOMENT + minutes * MINUTE)
            brake.watch(at=MOMENT + minutes * MINUTE)

    first, second = mail.outbox
    assert first.to == second.to == ["owner@example.org"]
    assert "many" in first.body
    assert caplog.messages == ["the brake on sign-ups is on: many"] * 2


def test_without_an_operator_or_a_reason_nobody_is_told(db, settings):
    brake.watch(at=MOMENT)
    brake.pull("many", at=MOMENT)
    brake.watch(at=MOMENT + 2 * HOUR)
    settings.OPERATOR_MAIL = []
    brake.watch(at=MOMENT)

    assert not mail.outbox


def test_a_mail_that_cannot_be_sent_is_sent_at_the_next_watch(db, settings, monkeypatch):
    settings.OPERATOR_MAIL = ["owner@example.org"]
    brake.state()
    brake.pull("many", at=MOMENT)
    with monkeypatch.context() as patch:
        patch.setattr(brake, "send_mail", lambda *_: (_ for _ in ()).throw(OSError))
        brake.watch(at=MOMENT)
    assert brake.state().mailed_at is None
    brake.watch(at=MOMENT)
    assert len(mail.outbox) == 1


def test_whoever_watches_is_warned(db, client, settings):
    settings.METRICS_TOKEN = "secret"
    headers = {"Authorization": "Bearer secret"}
    assert b"newsletter_sign_up_brake 0" in client.get("/metrics", headers=headers).content
    brake.state()
    brake.pull("many", at=readiness.clock.database_now())

    *_, warning = client.get("/readyz").json()["warnings"]
    assert warning.startswith("the brake on sign-ups is on until ")
    assert b"newsletter_sign_up_brake 1" in client.get("/metrics", headers=headers).content


def test_the_admin_shows_it(admin_client):
    brake.state()
    brake.pull("so many", at=MOMENT)

    assert b"so many" in admin_client.get("/admin/subscriptions/brake/").content
