from __future__ import annotations

import pytest
from django.urls import reverse

from newsletter import inbox, tasks
from newsletter.models import Alarm, Event, Webhook
from subscriptions.bounces import Kind
from tests.conftest import MOMENT
from tests.newsletter.event_steps import happening, mail_to, posted, tell

LIST = "admin:newsletter_webhook_changelist"


@pytest.fixture
def dead(settings, db):
    settings.ANYMAIL = {"WEBHOOK_SECRET": "hook:a-secret"}
    inbox.keep(posted(b'{"<script>": "\xff"'))
    inbox.read_all()
    return Webhook.objects.get()


@pytest.fixture(autouse=True)
def rings(monkeypatch):
    monkeypatch.setattr(tasks, "ring_inbox", lambda: None)


def act(client, name, row):
    fields = {"action": name, "_selected_action": [row.pk]}
    return client.post(reverse(LIST), fields, follow=True)


def test_a_dead_letter_is_listed_and_shown_as_text(admin_client, dead):
    assert "UnicodeDecodeError" in admin_client.get(reverse(LIST)).content.decode()
    page = admin_client.get(reverse("admin:newsletter_webhook_change", args=[dead.pk]))
    assert "&lt;script&gt;" in page.content.decode()


def test_a_person_may_ignore_it_or_try_again(admin_client, dead):
    act(admin_client, "ignore", dead)
    assert Webhook.objects.get().state == "ignored"
    act(admin_client, "try_again", dead)
    assert Webhook.objects.get().state == "waiting"


def test_who_may_only_look_may_not_decide(sign_in, dead):
    client = sign_in("view_webhook")
    act(client, "ignore", dead)
    assert Webhook.objects.get().state == "dead"


@pytest.mark.parametrize("name", ["webhook", "event", "alarm"])
@pytest.mark.parametrize("act_on", ["add", "delete"])
def test_nobody_writes_these_by_hand(admin_client, dead, make_subscriber, name, act_on):
    mail = mail_to(make_subscriber())
    tell(happening(mail))
    Alarm.objects.create(issue=mail.issue, kind="warned", reason="x", at=MOMENT)
    model = {"webhook": Webhook, "event": Event, "alarm": Alarm}[name]
    args = [] if act_on == "add" else [model.objects.get().pk]
    page = reverse(f"admin:newsletter_{name}_{act_on}", args=args)
    assert admin_client.post(page, {"post": "yes"}).status_code == 403
    assert admin_client.get(reverse(f"admin:newsletter_{name}_changelist")).status_code == 200


@pytest.mark.parametrize("as_text", [str, lambda key: key.hex])
def test_the_events_of_a_mail_are_found_by_its_id(admin_client, make_subscriber, as_text):
    mails = [mail_to(make_subscriber()) for _ in range(2)]
    tell(*[happening(mail, Kind.HARD, reply=f"550 {n}") for n, mail in enumerate(mails)])
    page = reverse("admin:newsletter_event_changelist", query={"q": as_text(mails[1].public_id)})
    content = admin_client.get(page).content.decode()
    assert "550 1" in content
    assert "550 0" not in content


def test_what_is_no_id_finds_nothing(admin_client, make_subscriber):
    tell(happening(mail_to(make_subscriber())))
    page = reverse("admin:newsletter_event_changelist", query={"q": "x\0"})
    assert admin_client.get(page).status_code == 200
