from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from newsletter import dialects, inbox
from newsletter.models import Event, Webhook
from subscriptions.models import Subscriber, Suppression
from tests.conftest import MOMENT
from tests.newsletter.event_steps import SECRET, mail_to, posted, sendgrid


@pytest.fixture(autouse=True)
def configured(settings, db):
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


@pytest.fixture
def delivery(make_subscriber):
    return mail_to(make_subscriber())


def states() -> list[str]:
    return list(Webhook.objects.order_by("pk").values_list("state", flat=True))


def test_what_is_read_leaves_the_inbox(delivery):
    inbox.keep(posted([sendgrid(delivery, number=n) for n in range(3)]))
    assert inbox.read_all() == 3
    assert (Event.objects.count(), Webhook.objects.count()) == (3, 0)


def test_somebody_must_be_woken_only_if_nothing_else_waits(delivery):
    assert inbox.keep(posted([sendgrid(delivery)]))
    assert not inbox.keep(posted([sendgrid(delivery)]))
    Webhook.objects.update(state="dead")
    assert inbox.keep(posted([sendgrid(delivery)]))


def test_what_nobody_can_read_is_set_aside_and_costs_the_others_nothing(delivery):
    inbox.keep(posted(b"{"))
    inbox.keep(posted([sendgrid(delivery)]))
    assert inbox.read_all() == 1
    row = Webhook.objects.get()
    assert (row.state, bytes(row.body)) == ("dead", b"{")
    assert "JSONDecodeError" in row.error


def test_the_bad_events_of_a_list_are_set_aside_one_by_one(delivery):
    inbox.keep(posted([{}, sendgrid(delivery), {"x": 1}]))
    assert inbox.read_all() == 1
    assert [bytes(row.body) for row in Webhook.objects.order_by("pk")] == [b"[{}]", b'[{"x": 1}]']
    assert states() == ["dead", "dead"]


def test_a_service_that_posts_twice_is_heard_once(delivery):
    for _ in range(2):
        inbox.keep(posted([sendgrid(delivery)]))
    assert inbox.read_all() == 1


def test_a_worker_that_dies_leaves_everything_as_it_was(delivery, monkeypatch):
    inbox.keep(posted([sendgrid(delivery, "bounce", status="5.1.1")]))
    with monkeypatch.context() as patch:
        patch.setattr(inbox.events, "apply", killed)
        with pytest.raises(KeyboardInterrupt):
            inbox.read_all()
    assert states() == ["waiting"]
    assert inbox.read_all() == 0  # perhaps it still lives
    patience_is_over()
    assert inbox.read_all() == 1
    assert not Subscriber.objects.deliverable().exists()


def killed(*args):
    raise KeyboardInterrupt


def patience_is_over():
    Webhook.objects.update(tried_at=Now() - inbox.PATIENCE - timedelta(seconds=1))


def test_what_kills_three_workers_is_given_up_and_the_rest_is_read(delivery, monkeypatch):
    inbox.keep(posted(b"poison"))
    inbox.keep(posted([sendgrid(delivery)]))
    read = dialects.read

    def poisoned(post):
        return killed() if post.body == b"poison" else read(post)

    monkeypatch.setattr(dialects, "read", poisoned)
    for _ in range(inbox.TRIES):
        with pytest.raises(KeyboardInterrupt):
            inbox.read_all()
        patience_is_over()
    inbox.read_all()
    assert Event.objects.count() == 1
    assert states() == ["dead"]
    assert "workers died" in Webhook.objects.get().error


def test_a_batch_is_bounded_by_its_bytes(monkeypatch):
    rows = [(1, 10), (2, 10), (3, 10)]
    monkeypatch.setattr(inbox, "BYTES_AT_ONCE", 20)
    assert inbox._within(rows) == [1, 2]
    monkeypatch.setattr(inbox, "BYTES_AT_ONCE", 5)
    assert inbox._within(rows) == [1]
    assert inbox._within([]) == []


def test_all_batches_are_read_in_one_go(delivery, monkeypatch):
    monkeypatch.setattr(inbox, "AT_ONCE", 2)
    for number in range(5):
        inbox.keep(posted([sendgrid(delivery, number=number)]))
    assert inbox.read_all() == 5


def test_what_is_ignored_can_be_tried_again():
    inbox.keep(posted(b"{"))
    inbox.read_all()
    assert inbox.ignore(Webhook.objects.all()) == 1
    assert states() == ["ignored"]
    assert inbox.retry(Webhook.objects.all()) == 1
    inbox.read_all()
    assert states() == ["dead"]


def test_what_waits_is_neither_ignored_nor_forgotten(delivery):
    inbox.keep(posted(b"{"))
    assert inbox.ignore(Webhook.objects.all()) == 0
    assert inbox.forget(before=MOMENT + timedelta(days=1)) == 0
    inbox.read_all()
    assert inbox.forget(before=MOMENT) == 0
    assert inbox.forget(before=MOMENT + timedelta(days=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_read_everything_once(make_subscriber, monkeypatch):
    monkeypatch.setattr(inbox, "AT_ONCE", 3)
    mails = [mail_to(make_subscriber()) for _ in range(10)]
    told = [sendgrid(mails[n % 10], "bounce", number=n, status="5.1.1") for n in range(200)]
    for start in range(0, 200, 4):  # each event is told twice
        inbox.keep(posted(told[start : start + 4]))
        inbox.keep(posted(told[::-1][start : start + 4]))
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(worker, range(4)))
    assert sum(counts) == Event.objects.count() == 200
    assert not Webhook.objects.exists()
    assert Suppression.objects.count() == 10


def worker(number: int) -> int:
    try:
        return inbox.read_all()
    finally:
        connection.close()
