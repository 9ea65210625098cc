from __future__ import annotations

import json
import os
from datetime import timedelta

import pytest
import redis
import time_machine
from django.core import mail
from django.db.models.functions import Now
from django.utils.timezone import now

from papers import vectors
from subscriptions import brake, limits, opinions, tasks
from subscriptions.models import Feedback, SignUpCount, Subscriber, Taste
from subscriptions.tasks import UNCONFIRMED_AFTER
from subscriptions.verdicts import State
from tests.conftest import MOMENT

LATE = timedelta(seconds=1)


def test_posting_sends_new_letters_and_takes_up_old_ones(make_letter, states):
    make_letter()
    make_letter(state=State.CLAIMED, lease_until=Now() - LATE)
    make_letter(state=State.DEFERRED, next_at=Now() - LATE)
    tasks.post_letters()
    assert states() == {State.ACCEPTED: 3}
    assert len(mail.outbox) == 3


def test_ringing_puts_a_doorbell_that_expires_into_the_queue_of_letters(settings):
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    client.delete("letters")
    tasks.ring_letters()
    [message] = client.lrange("letters", 0, -1)
    client.delete("letters")
    headers = json.loads(message)["headers"]
    assert headers["task"] == tasks.post_letters.name
    assert headers["expires"] is not None


@pytest.mark.parametrize(("minutes", "is_kept"), [(-1, True), (1, False)])
def test_purging_forgets_who_never_confirmed(make_subscriber, minutes, is_kept):
    then = now() - UNCONFIRMED_AFTER - timedelta(minutes=minutes)
    make_subscriber(state=Subscriber.State.PENDING, state_changed_at=then)
    tasks.purge()
    assert Subscriber.objects.exists() == is_kept


def test_watching_sign_ups_looks_at_the_brake_and_forgets_old_counts(db):
    limits.use_once("stamp:a", until=now())
    tasks.watch_sign_ups()
    assert brake.state().measured_at is not None
    assert not SignUpCount.objects.exists()


@time_machine.travel("2026-03-17 12:00:00+00:00", tick=False)
def test_votes_of_readers_are_counted(make_subscriber, make_paper):
    paper = make_paper()
    opinions.vote(make_subscriber(), paper, at=MOMENT)
    tasks.count_votes()
    paper.refresh_from_db()
    assert paper.own_votes == 1


def test_tastes_that_are_not_read_any_more_are_renewed(make_subscriber, make_paper, monkeypatch):
    paper = make_paper(vector=vectors.pack(vectors.vector("Robots on ice", "")))
    for _ in range(3):
        opinions.say(make_subscriber(), paper, Feedback.Kind.MORE, at=now())
    Taste.objects.update(vector=bytes(128))
    monkeypatch.setattr(tasks, "RENEWED", 2)
    tasks.renew_tastes()
    assert Taste.objects.outdated().count() == 1
