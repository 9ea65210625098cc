"""What operators see and may do; every page of the admin answers."""

from __future__ import annotations

import pytest
import time_machine
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.urls import NoReverseMatch, reverse

from newsletter import tasks
from newsletter.admin import DeliveryAdmin
from newsletter.models import Delivery, Issue
from papers.models import Ingestion, Paper, Refusal
from subscriptions.ledger import IN_DOUBT, State
from subscriptions.models import Consent, Letter, Subscriber, Suppression, address_hash
from tests.conftest import MOMENT

OURS = {"papers", "subscriptions", "newsletter"}
MODELS = [model for model in admin.site._registry if model._meta.app_label in OURS]
ISSUES = "admin:newsletter_issue_changelist"
DELIVERIES = "admin:newsletter_delivery_changelist"
OPEN_NOW = "admin:newsletter_issue_open_now"
PREVIEW = "admin:newsletter_issue_preview"
PREVIEW_MAIL = "admin:newsletter_issue_preview_mail"


# What a page may answer; 500 is not among it.
EXPECTED = {200, 302, 400, 403, 404, 405}


@pytest.fixture(autouse=True)
def rings(monkeypatch):
    """How often the doorbell was rung."""
    rung = []
    monkeypatch.setattr(tasks, "ring_pump", lambda: rung.append(1))
    return rung


@pytest.fixture
def sign_in(client, db):
    """A member of staff with these permissions and no others."""

    def make(*codenames: str, email: str = "editor@example.org"):
        user = User.objects.create_user("editor", email, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return client

    return make


@pytest.fixture
def persona(make_topic):
    return {"topics": [make_topic("agents").pk], "cadence": "daily", "length": 7}


def act(client, name, *deliveries, **query):
    fields = {"action": name, "_selected_action": [delivery.pk for delivery in deliveries]}
    return client.post(reverse(DELIVERIES, query=query), fields, follow=True)


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def mail_page(delivery: Delivery) -> str:
    return reverse("admin:newsletter_delivery_mail", args=[delivery.pk])


# --- every page -----------------------------------------------------------------------


@pytest.fixture
def one_of_each(make_delivery):
    """A row of everything that the admin shows."""
    reader = make_delivery(state=State.UNCERTAIN).subscriber
    reader.consents.create(act=Consent.Act.ASKED, at=MOMENT)
    Letter.objects.create(subscriber=reader, kind=Letter.Kind.CONFIRM)
    Suppression.objects.create(address_hash=address_hash("eve@example.net"), at=MOMENT)
    ingestion = Ingestion.objects.create(source="sample", started_at=MOMENT)
    Refusal.objects.create(ingestion=ingestion, place="record 1", reason="no title")


def pages_of(model) -> list[str]:
    """All named pages of one model's admin; ours among them."""
    row = model.objects.first()
    found = []
    for pattern in admin.site._registry[model].get_urls():
        for args in ([], [row.pk], ["sample"]):
            try:
                found.append(reverse(f"admin:{pattern.name}", args=args))
            except NoReverseMatch:
                continue
            break
    return found


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_answers_a_superuser(admin_client, one_of_each, model, method):
    pages = pages_of(model)
    answers = {page: getattr(admin_client, method)(page).status_code for page in pages}

    assert len(pages) >= 5  # list, add, history, delete, change
    assert {page: code for page, code in answers.items() if code not in EXPECTED} == {}
    assert 200 in answers.values()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_the_usual_pages_are_there(admin_client, one_of_each, model):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    for page in (
        reverse(f"{name}_changelist"),
        reverse(f"{name}_change", args=[model.objects.first().pk]),
        reverse(f"{name}_history", args=[model.objects.first().pk]),
    ):
        assert admin_client.get(page).status_code == 200
    assert admin_client.get(reverse(f"{name}_add")).status_code in {200, 403}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
@pytest.mark.parametrize("query", ["ann", "%_'\"", "\0", "2026-03-17", "🧪" * 200])
def test_every_list_can_be_searched_for_anything(admin_client, one_of_each, model, query):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    assert admin_client.get(reverse(name, query={"q": query})).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_staff_without_permissions_see_nothing(sign_in, one_of_each, model):
    client = sign_in()
    for page in pages_of(model):
        assert client.get(page).status_code in {403, 405}, page


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_strangers_are_asked_to_sign_in(client, one_of_each, model):
    for page in pages_of(model):
        response = client.get(page)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


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
    page = admin_client.get(reverse(ISSUES)).content.decode()
    assert "2 accepted, 1 uncertain" in page
    assert 'alt="False"' in page  # nobody expected them

    Issue.objects.update(expected_count=3)
    assert 'alt="True"' in admin_client.get(reverse(ISSUES)).content.decode()


@pytest.mark.parametrize(("query", "found"), [("ANN@example.net", 1), ("ann", 0), ("sent-7", 1)])
def test_deliveries_are_found_by_address_and_id(
    admin_client, make_delivery, make_subscriber, query, found
):
    make_delivery(reader=make_subscriber("ann@example.net"), provider_id="sent-7")
    make_delivery()
    response = admin_client.get(reverse(DELIVERIES, query={"q": query}))
    assert response.context["cl"].result_count == found


def test_a_delivery_is_found_by_its_public_id(admin_client, make_delivery):
    delivery, _ = make_delivery(), make_delivery()
    response = admin_client.get(reverse(DELIVERIES, query={"q": str(delivery.public_id)}))
    assert list(response.context["cl"].result_list) == [delivery]


# --- opening now ----------------------------------------------------------------------


@time_machine.travel(MOMENT, tick=False)
def test_what_is_due_can_be_opened_by_hand(sign_in, make_subscriber, make_paper, rings):
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


def test_who_may_send_sees_the_button(sign_in):
    client = sign_in("view_issue", "change_delivery")
    assert reverse(OPEN_NOW) in client.get(reverse(ISSUES)).content.decode()


# --- previews -------------------------------------------------------------------------


def test_the_preview_starts_with_an_empty_form(sign_in, make_topic):
    make_topic("retired", name="Retired topic", is_active=False)
    page = sign_in("view_issue").get(reverse(PREVIEW)).content.decode()
    assert "Agents" in page
    assert "Retired topic" not in page
    assert "<iframe" not in page


def test_the_preview_shows_the_mail_of_a_persona(sign_in, persona):
    page = sign_in("view_issue").get(reverse(PREVIEW, query=persona)).content.decode()
    assert page.count("<iframe") == page.count("sandbox") == 2
    assert f'src="{reverse(PREVIEW_MAIL)}?topics={persona["topics"][0]}&amp;' in page


@time_machine.travel(MOMENT, tick=False)
def test_the_mail_of_the_preview_has_the_papers_and_can_do_nothing(sign_in, make_paper, persona):
    make_paper("The one", topics=["agents"])
    response = sign_in("view_issue").get(reverse(PREVIEW_MAIL, query=persona))

    assert response.status_code == 200
    assert "The one" in response.content.decode()
    assert_sandboxed(response)
    assert [m.objects.count() for m in (Issue, Delivery, Subscriber)] == [0, 0, 0]


def assert_sandboxed(response) -> None:
    policy = response["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "sandbox"} <= set(policy)
    assert "script" not in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_a_preview_without_papers_says_so(sign_in, persona):
    response = sign_in("view_issue").get(reverse(PREVIEW_MAIL, query=persona))
    assert response.status_code == 200
    assert response.content == b"its papers are gone"


@pytest.mark.parametrize(
    "change",
    [{"topics": []}, {"topics": [0]}, {"cadence": "hourly"}, {"length": 31}, {"length": 0}],
)
def test_an_impossible_persona_is_refused(sign_in, persona, change):
    client = sign_in("view_issue")
    query = {**persona, **change}
    assert client.get(reverse(PREVIEW_MAIL, query=query)).status_code == 400
    page = client.get(reverse(PREVIEW, query=query)).content.decode()
    assert "errorlist" in page
    assert "<iframe" not in page


def test_a_delivery_shows_its_mail_in_a_sandbox(sign_in, make_delivery, make_paper):
    delivery = make_delivery([make_paper("The one")])
    client = sign_in("view_delivery")
    response = client.get(mail_page(delivery))

    assert "The one" in response.content.decode()
    assert_sandboxed(response)
    change = reverse("admin:newsletter_delivery_change", args=[delivery.pk])
    assert f'src="{mail_page(delivery)}" sandbox' in client.get(change).content.decode()


def test_a_delivery_whose_papers_are_gone_says_so(admin_client, make_delivery):
    delivery = make_delivery()
    Paper.objects.all().delete()
    assert admin_client.get(mail_page(delivery)).content == b"its papers are gone"


def test_a_mail_that_does_not_exist_is_not_found(admin_client):
    page = reverse("admin:newsletter_delivery_mail", args=[404])
    assert admin_client.get(page).status_code == 404


# --- actions --------------------------------------------------------------------------


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
