"""Whatever is killed, every delivery is sent once or listed as in doubt, and the sums balance."""

from __future__ import annotations

import os
import random
import time
from datetime import date

import redis
from django.utils.timezone import now

from newsletter.models import Delivery, Issue
from newsletter.picks import Pick, Why, pack
from subscriptions.models import Subscriber
from subscriptions.verdicts import State

READERS = 500
SESSIONS = 20  # ten of each of the worker's two processes


def make_issue(make_paper) -> Issue:
    paper = make_paper(topics=["agents"])
    topic = paper.topics.get()
    readers = [
        Subscriber(email=f"r{n}@example.net", state="confirmed", state_changed_at=now())
        for n in range(READERS)
    ]
    Subscriber.objects.bulk_create(readers)
    issue = Issue.objects.create(
        cadence="daily", on=date(2026, 3, 17), opened_at=now(), expected_count=READERS
    )
    picks = pack([Pick(paper.pk, 1.0, Why.TOPIC, topic.pk)])
    Delivery.objects.bulk_create(
        Delivery(issue=issue, subscriber=reader, packed_picks=picks) for reader in readers
    )
    return issue


def test_a_worker_killed_three_times_loses_and_doubles_nothing(
    machinery, sink, make_paper, wait_until
):
    issue = make_issue(make_paper)
    machinery.start_beat()
    chance = random.Random()
    kills = sorted(chance.uniform(20, 400) for _ in range(3))  # after so many mails
    for mails in kills:
        worker = machinery.start_worker()
        wait_until(lambda mails=mails: sink.taken.total() >= mails)
        time.sleep(chance.uniform(0, 0.05))
        machinery.kill_worker(worker)

    machinery.start_worker()
    settled = Delivery.objects.exclude(state__in=[State.ACCEPTED, State.UNCERTAIN])
    wait_until(lambda: not settled.exists())

    counts = issue.deliveries.counts()
    uncertain = set(
        Delivery.objects.filter(state=State.UNCERTAIN).values_list("subscriber__email", flat=True)
    )
    story = f"killed after {kills}; {counts}; {sink.taken.total()} mails"
    assert sum(counts.values()) == READERS == issue.expected_count, story
    assert issue.imbalance() == 0
    assert max(sink.taken.values()) == 1, story
    assert set(sink.message_ids.values()) == {1}, story
    missing = {f"r{n}@example.net" for n in range(READERS)} - set(sink.taken)
    assert missing <= uncertain, story
    assert len(uncertain) <= SESSIONS * len(kills), story  # one for each open session


def test_an_emptied_redis_loses_and_doubles_nothing(machinery, sink, make_paper, wait_until):
    issue = make_issue(make_paper)
    queue = redis.Redis.from_url(os.environ["REDIS_URL"])
    machinery.start_beat()
    wait_until(lambda: queue.llen("bulk") > 0)
    queue.flushall()  # so that even the first bell has to be rung again
    machinery.start_worker()
    for mails in (50, 200, 350):
        wait_until(lambda mails=mails: sink.taken.total() >= mails)
        queue.flushall()

    wait_until(lambda: issue.deliveries.counts() == {State.ACCEPTED: READERS})
    assert len(sink.taken) == sink.taken.total() == READERS == issue.expected_count
