from __future__ import annotations

from datetime import timedelta

from newsletter import compose
from newsletter.models import Delivery, Issue
from subscriptions import outbox
from subscriptions.verdicts import State


def test_an_issue_stays_in_balance_when_a_reader_is_erased(make_delivery):
    delivery = make_delivery(state=State.ACCEPTED)
    issue = delivery.issue
    issue.expected_count = 1
    delivery.subscriber.delete()

    assert issue.imbalance() == 0
    assert Delivery.objects.get().subscriber is None


def test_a_missing_delivery_is_an_imbalance(make_delivery):
    issue = make_delivery().issue
    issue.expected_count = 2
    assert issue.imbalance() == 1


def test_a_delivery_says_what_it_is(make_delivery, make_subscriber):
    delivery = make_delivery(reader=make_subscriber("ann@example.net"))
    assert str(delivery) == "Every day, 17 March 2026 to ann@example.net"


def test_what_is_claimed_has_all_that_sending_asks_for(make_delivery, django_assert_num_queries):
    delivery = make_delivery()
    Issue.objects.update(state=Issue.State.OPEN)
    owner = Delivery.objects.claim(limit=1, lease=timedelta(minutes=5))
    [claimed] = Delivery.objects.claimed_by(owner)
    with django_assert_num_queries(0):
        assert claimed.public_id == delivery.public_id
        assert claimed.packed_picks == delivery.packed_picks
        assert (claimed.issue_id, claimed.subscriber_id) == (
            delivery.issue_id,
            delivery.subscriber_id,
        )
        assert (claimed.lane, claimed.attempts, claimed.call_key) == ("other", 0, None)


def test_a_digest_more_costs_no_statement_more(make_delivery, django_assert_max_num_queries):
    for _ in range(30):
        make_delivery()
    Issue.objects.update(state=Issue.State.OPEN)
    with django_assert_max_num_queries(45):  # of one chunk, and of a claim that finds nothing
        outbox.post(Delivery.objects.all(), compose.compose_all, is_paced=True)
    assert Delivery.objects.filter(state=State.ACCEPTED).count() == 30
