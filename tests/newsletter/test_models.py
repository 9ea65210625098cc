from __future__ import annotations

from newsletter.models import Delivery
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
