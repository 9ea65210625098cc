"""What operators see of issues and deliveries, and may do with them."""

from __future__ import annotations

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from newsletter import balances, tasks
from newsletter.admin import DeliveryAdmin
from newsletter.models import Delivery, Issue
from subscriptions import clock, restore
from subscriptions.bounces import Kind
from subscriptions.models import Subscriber
from subscriptions.verdicts import IN_DOUBT, State
from tests.conftest import MOMENT
from tests.newsletter.event_steps import happening, mail_to, tell

ISSUES = "admin:newsletter_issue_changelist"
DELIVERIES = "admin:newsletter_delivery_changelist"
OPEN_NOW = "admin:newsletter_issue_open_now"


@pytest.fixture(autouse=True)
def rings(monkeypatch):
    """How often the doorbell was rung."""
    rung = []
    monkeypatch.setattr(tasks, "ring_pump", lambda: rung.append(1))
    return rung


def act(client, name, *deliveries, **query):
    fields = {"action": name, "_selected_action": [delivery.pk for delivery in deliveries]}
    return client.post(reverse(DELIVERIES, query=query), fields, follow=True)


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# --- what there is ----------------------------------------------------------------------


@pytest.mark.parametrize("model", [Issue, Delivery])
@pytest.mark.parametrize("act_on", ["add", "change", "delete"])
def test_nobody_writes_into_the_ledger(admin_client, one_of_each, model, act_on):
    args = [] if act_on == "add" else [model.objects.get().pk]
    page = reverse(f"admin:newsletter_{model._meta.model_name}_{act_on}", args=args)
    assert admin_client.post(page, {"post": "yes"}).status_code == 403
    assert model.objects.count() == 1


@pytest.mark.parametrize("name", [ISSUES, DELIVERIES])
@pytest.mark.parametrize("count", [1, 20])
def test_lists_cost_the_same_however_long_they_are(
    admin_client, make_delivery, make_issue, django_assert_max_num_queries, name, count
):
    for _ in range(count):
        make_delivery()
    with django_assert_max_num_queries(10):
        assert admin_client.get(reverse(name)).status_code == 200


def test_the_list_of_issues_shows_how_the_ledger_stands(admin_client, make_delivery):
    for state in (State.ACCEPTED, State.ACCEPTED, State.UNCERTAIN):
        make_delivery(state=state)
    balances.renew(at=MOMENT)
    page = admin_client.get(reverse(ISSUES)).content.decode()
    assert "2 accepted, 1 uncertain" in page
    assert 'alt="False"' in page  # nobody expected them

    Issue.objects.update(expected_count=3)
    balances.count(Issue.objects.get(), at=MOMENT)
    assert 'alt="True"' in admin_client.get(reverse(ISSUES)).content.decode()


@pytest.mark.parametrize(("query", "found"), [("ANN@example.net", 1), ("ann", 0), ("sent-7", 1)])
def test_deliveries_are_found_by_address_and_id(
    admin_client, make_delivery, make_subscriber, query, found
):
    make_delivery(reader=make_subscriber("ann@example.net"), provider_id="sent-7")
    make_delivery()
    response = admin_client.get(reverse(DELIVERIES, query={"q": query}))
    assert response.context["cl"].result_count == found


def test_a_delivery_says_what_became_of_it(admin_client, make_subscriber):
    delivery = mail_to(make_subscriber())
    page = reverse("admin:newsletter_delivery_change", args=[delivery.pk])
    assert "nothing was told yet" in admin_client.get(page).content.decode()
    tell(happening(delivery, Kind.DELIVERED))
    assert "delivered" in admin_client.get(page).content.decode()


def test_a_delivery_is_found_by_its_public_id(admin_client, make_delivery):
    delivery, _ = make_delivery(), make_delivery()
    response = admin_client.get(reverse(DELIVERIES, query={"q": str(delivery.public_id)}))
    assert list(response.context["cl"].result_list) == [delivery]


# --- opening now ------------------------------------------------------------------------


@time_machine.travel(MOMENT, tick=False)
def test_what_is_due_can_be_opened_by_hand(
    sign_in, make_subscriber, make_paper, rings, monkeypatch
):
    monkeypatch.setattr(clock, "database_now", lambda: MOMENT)
    make_paper(topics=["agents"])
    make_subscriber(topics=["agents"], next_digest_at=MOMENT)
    client = sign_in("view_issue", "change_delivery")

    assert client.get(reverse(OPEN_NOW)).status_code == 405
    assert not Delivery.objects.exists()
    response = client.post(reverse(OPEN_NOW), follow=True)
    assert messages_of(response) == ["1 readers were due; their digests are on the way."]
    assert Delivery.objects.count() == 1
    assert rings == [1]


@pytest.mark.parametrize("codenames", [["view_issue"], ["view_issue", "view_delivery"]])
def test_opening_needs_the_permission_to_send(sign_in, make_subscriber, codenames, rings):
    client = sign_in(*codenames)
    assert client.post(reverse(OPEN_NOW)).status_code == 403
    assert reverse(OPEN_NOW) not in client.get(reverse(ISSUES)).content.decode()
    assert rings == []


def test_a_restored_database_opens_and_sends_nothing_by_hand(sign_in, make_delivery, rings):
    delivery = make_delivery(state=State.PARKED)
    make_delivery()
    Subscriber.objects.update(next_digest_at=MOMENT)
    client = sign_in("view_issue", "view_delivery", "change_delivery")
    restore.freeze("a test")
    answers = [
        client.post(reverse(OPEN_NOW), follow=True),
        act(client, "send_again", delivery),
        act(client, "send_test_to_me", delivery),
    ]
    assert [messages_of(answer) for answer in answers] == [[restore.FROZEN]] * 3
    assert Delivery.objects.all().counts() == {"parked": 1, "pending": 1}
    assert (mail.outbox, rings) == ([], [])


def test_who_may_send_sees_the_button(sign_in):
    client = sign_in("view_issue", "change_delivery")
    assert reverse(OPEN_NOW) in client.get(reverse(ISSUES)).content.decode()


# --- actions ----------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_what_is_in_doubt_can_be_settled(sign_in, make_delivery, state):
    delivery = make_delivery(state=state)
    response = act(sign_in("view_delivery", "change_delivery"), "it_arrived", delivery)

    delivery.refresh_from_db()
    is_settled = state in IN_DOUBT
    assert delivery.state == (State.ACCEPTED if is_settled else state)
    assert messages_of(response) == [f"{int(is_settled)} deliveries count as sent."]


@pytest.mark.parametrize("state", State)
def test_what_did_not_arrive_can_be_sent_again(sign_in, make_delivery, state, rings):
    delivery = make_delivery(state=state)
    act(sign_in("view_delivery", "change_delivery"), "send_again", delivery)

    delivery.refresh_from_db()
    may_be_resent = state in {*IN_DOUBT, State.REJECTED, State.FAILED}
    assert delivery.state == (State.PENDING if may_be_resent else state)
    assert rings == [1]


def test_actions_touch_only_what_was_chosen_even_in_a_search(admin_client, make_delivery):
    chosen, other = (make_delivery(state=State.PARKED) for _ in range(2))
    act(admin_client, "it_arrived", chosen, q=chosen.subscriber.email, state__exact="parked")
    chosen.refresh_from_db()
    other.refresh_from_db()
    assert (chosen.state, other.state) == (State.ACCEPTED, State.PARKED)


def test_a_test_mail_goes_to_who_asked(sign_in, make_delivery):
    deliveries = [make_delivery(), make_delivery()]
    client = sign_in("view_delivery", "change_delivery")
    response = act(client, "send_test_to_me", *deliveries)

    assert [message.recipients() for message in mail.outbox] == [["editor@example.org"]] * 2
    assert all(message.subject.startswith("[Test] ") for message in mail.outbox)
    for text in messages_of(response):
        assert text.startswith("The test to editor@example.org: accepted")


def test_at_most_five_tests_are_sent(admin_client, make_delivery):
    act(admin_client, "send_test_to_me", *[make_delivery(1) for _ in range(7)])
    assert len(mail.outbox) == 5


def test_a_test_of_an_empty_delivery_says_why_not(admin_client, make_delivery):
    response = act(admin_client, "send_test_to_me", make_delivery(0, state=State.SKIPPED))
    assert "its papers are gone" in messages_of(response)[0]
    assert mail.outbox == []


def test_who_has_no_address_is_told(sign_in, make_delivery):
    client = sign_in("view_delivery", "change_delivery", email="")
    response = act(client, "send_test_to_me", make_delivery())
    assert "no address" in messages_of(response)[0]
    assert mail.outbox == []


@pytest.mark.parametrize("name", DeliveryAdmin.actions)
def test_who_may_only_look_has_no_actions(sign_in, make_delivery, name, rings):
    delivery = make_delivery(state=State.PARKED)
    client = sign_in("view_delivery")

    assert name not in client.get(reverse(DELIVERIES)).content.decode()
    act(client, name, delivery)
    delivery.refresh_from_db()
    assert delivery.state == State.PARKED
    assert mail.outbox == rings == []
