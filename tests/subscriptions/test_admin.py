"""What an operator can see of readers, and what he cannot do to them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from subscriptions import admin as readers_admin
from subscriptions import tokens
from subscriptions.models import Consent, Letter, Subscriber, Suppression, address_hash
from subscriptions.tokens import BadToken, Purpose
from tests.conftest import MOMENT

State = Subscriber.State
LIST = "admin:subscriptions_subscriber_changelist"


@pytest.fixture(autouse=True)
def doorbell(monkeypatch):
    rung = []
    monkeypatch.setattr(readers_admin, "ring_letters", lambda: rung.append(1))
    return rung


@pytest.fixture
def make_known(make_subscriber):
    """A reader with every kind of record."""

    def make(**fields):
        reader = make_subscriber(topics=["agents", "vision"], **fields)
        reader.consents.create(act=Consent.Act.ASKED, at=MOMENT, ip="192.0.2.1")
        Letter.objects.create(subscriber=reader, kind=Letter.Kind.CONFIRM)
        Suppression.objects.create(address_hash=address_hash(reader.email), at=MOMENT)
        return reader

    return make


def act(admin_client, name, *readers):
    pks = [reader.pk for reader in readers]
    return admin_client.post(reverse(LIST), {"action": name, "_selected_action": pks}, follow=True)


def change_page(reader):
    return reverse("admin:subscriptions_subscriber_change", args=[reader.pk])


def fill_in(page, **changes):
    """Fields as the change page of a reader without topics would send them."""
    fields = dict(page.context["adminform"].form.initial)
    for inline in page.context["inline_admin_formsets"]:
        management = inline.formset.management_form
        fields |= {management.add_prefix(key): value for key, value in management.initial.items()}
    return {**fields, **changes}


@pytest.mark.parametrize("model", ["subscriber", "consent", "letter", "suppression"])
@pytest.mark.parametrize("count", [1, 5])
def test_lists_cost_the_same_however_long_they_are(
    admin_client, make_known, django_assert_max_num_queries, model, count
):
    for _ in range(count):
        make_known()
    with django_assert_max_num_queries(9):
        response = admin_client.get(reverse(f"admin:subscriptions_{model}_changelist"))
    assert response.status_code == 200


def test_a_readers_page_costs_the_same_however_long_the_history(
    admin_client, make_known, django_assert_max_num_queries
):
    reader = make_known()
    for _ in range(20):
        Letter.objects.create(subscriber=reader, kind=Letter.Kind.CONFIRM)
    with django_assert_max_num_queries(16):
        assert admin_client.get(change_page(reader)).status_code == 200


@pytest.mark.parametrize(
    ("query", "found"), [("ann", 1), ("ANN@example", 1), ("%", 0), ("'", 2), ("\0", 2)]
)
def test_readers_are_found_by_address(admin_client, make_subscriber, query, found):
    make_subscriber("ann@example.net")
    make_subscriber("bob@example.net")
    response = admin_client.get(reverse(LIST), {"q": query})

    assert response.status_code == 200
    assert response.context["cl"].result_count == found


def test_the_list_shows_how_many_topics_a_reader_follows(admin_client, make_known):
    make_known()

    assert b'class="field-topic_count">2<' in admin_client.get(reverse(LIST)).content


@pytest.mark.parametrize("model", ["consent", "letter", "suppression"])
def test_records_can_be_read_and_not_written(admin_client, make_known, model):
    make_known()
    row = {"consent": Consent, "letter": Letter, "suppression": Suppression}[model].objects.get()
    page = reverse(f"admin:subscriptions_{model}_change", args=[row.pk])

    assert admin_client.get(page).status_code == 200
    assert admin_client.post(page, {}).status_code == 403
    assert admin_client.get(reverse(f"admin:subscriptions_{model}_add")).status_code == 403
    delete = reverse(f"admin:subscriptions_{model}_delete", args=[row.pk])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403


def test_nobody_is_subscribed_by_hand(admin_client):
    assert admin_client.get(reverse("admin:subscriptions_subscriber_add")).status_code == 403


def test_only_preferences_can_be_changed_for_a_reader(admin_client, make_subscriber):
    reader = make_subscriber("ann@example.net", state=State.PENDING)
    page = admin_client.get(change_page(reader))
    forged = {"state": "confirmed", "email": "eve@example.net", "next_digest_at": "2026-01-01"}
    response = admin_client.post(change_page(reader), fill_in(page, length="9", **forged))

    assert response.status_code == 302
    reader.refresh_from_db()
    assert (reader.length, reader.state, reader.email) == (9, State.PENDING, "ann@example.net")
    assert reader.next_digest_at is None


@time_machine.travel(MOMENT, tick=False)
def test_changing_the_hour_of_a_reader_plans_anew(admin_client, make_subscriber):
    reader = make_subscriber()
    page = admin_client.get(change_page(reader))
    admin_client.post(change_page(reader), fill_in(page, hour="20"))

    reader.refresh_from_db()
    assert reader.next_digest_at == datetime(2026, 3, 17, 20, tzinfo=UTC)


@time_machine.travel(MOMENT, tick=False)
def test_changing_the_hour_does_not_lose_a_digest_that_is_due(admin_client, make_subscriber):
    reader = make_subscriber(next_digest_at=MOMENT)
    page = admin_client.get(change_page(reader))
    admin_client.post(change_page(reader), fill_in(page, hour="20"))

    reader.refresh_from_db()
    assert (reader.hour, reader.next_digest_at) == (20, MOMENT)


def test_who_leaves_while_preferences_are_saved_stays_away(
    admin_client, make_subscriber, monkeypatch
):
    def clean(form):
        Subscriber.objects.get().unsubscribe(at=MOMENT)
        return form.cleaned_data

    reader = make_subscriber(next_digest_at=MOMENT)
    page = admin_client.get(change_page(reader))
    monkeypatch.setattr(readers_admin.SubscriberForm, "clean", clean)
    admin_client.post(change_page(reader), fill_in(page, hour="20"))

    reader.refresh_from_db()
    assert (reader.hour, reader.state) == (20, State.UNSUBSCRIBED)
    assert reader.next_digest_at is None


def test_a_time_zone_that_does_not_exist_is_refused(admin_client, make_subscriber):
    reader = make_subscriber()
    page = admin_client.get(change_page(reader))
    response = admin_client.post(change_page(reader), fill_in(page, time_zone="Mars/Olympus"))

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["time_zone"]


def test_readers_can_be_suppressed(admin_client, make_subscriber):
    readers = [make_subscriber(), make_subscriber()]
    response = act(admin_client, "suppress", *readers)

    assert b"2 addresses suppressed" in response.content
    assert set(Subscriber.objects.values_list("state", flat=True)) == {State.SUPPRESSED}
    assert Suppression.objects.first().reason == "by admin"


def test_readers_are_locked_before_they_are_suppressed(admin_client, make_subscriber):
    if not connection.features.has_select_for_update:
        pytest.skip("this database locks as a whole")
    reader = make_subscriber()
    with CaptureQueriesContext(connection) as queries:
        act(admin_client, "suppress", reader)

    statements = [query["sql"] for query in queries]
    [locked] = [n for n, sql in enumerate(statements) if "FOR UPDATE" in sql]
    [written] = [n for n, sql in enumerate(statements) if 'UPDATE "subscriptions_sub' in sql]
    assert locked < written


def test_all_links_of_a_reader_can_be_revoked(admin_client, make_subscriber):
    reader, other = make_subscriber(topics=["agents", "vision"]), make_subscriber()
    links = [(purpose, tokens.make(purpose, reader)) for purpose in Purpose]
    response = act(admin_client, "revoke_links", reader)

    assert b"All links of 1 readers revoked" in response.content
    for purpose, token in links:
        with pytest.raises(BadToken):
            tokens.read(purpose, token)
    other.refresh_from_db()
    assert other.token_version == 0


def test_the_confirmation_is_sent_again_to_who_has_not_answered(
    admin_client, make_subscriber, doorbell, django_capture_on_commit_callbacks
):
    pending, confirmed = make_subscriber(state=State.PENDING), make_subscriber()
    with django_capture_on_commit_callbacks(execute=True):
        response = act(admin_client, "send_confirmation_again", pending, confirmed)

    assert b"1 confirmations sent, 1 readers left out" in response.content
    assert Letter.objects.get().subscriber == pending
    assert doorbell == [1]


def test_erasing_a_reader_erases_his_records(admin_client, make_known):
    reader = make_known(email="ann@example.net")
    page = reverse("admin:subscriptions_subscriber_delete", args=[reader.pk])

    assert admin_client.post(page, {"post": "yes"}).status_code == 302
    assert not Subscriber.objects.exists()
    assert not Consent.objects.exists()
    assert Suppression.objects.exists()
    assert "ann@example.net" not in "".join(LogEntry.objects.values_list("object_repr", flat=True))
