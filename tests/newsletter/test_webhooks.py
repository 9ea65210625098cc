from __future__ import annotations

import os
import random
from collections import Counter
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, RequestFactory

from newsletter import inbox, tasks, webhooks
from newsletter.models import Event, Webhook
from subscriptions.models import Subscriber
from tests.newsletter import webhook_fuzz
from tests.newsletter.event_steps import BASIC, SECRET, mail_to, sendgrid

FUZZ = int(os.environ.get("FUZZ_BODIES", "60"))  # of each service; the goal is 10,000
UNSIGNED = ["brevo", "mailjet", "postmark", "resend", "sendgrid", "sparkpost"]
SERVICES = [*UNSIGNED, "mailersend", "mailgun", "mailtrap", "mandrill", "unisender_go"]


@pytest.fixture(autouse=True)
def configured(settings, db):
    settings.WEBHOOK_SERVICES = SERVICES
    settings.ANYMAIL = {**webhook_fuzz.SETTINGS}


@pytest.fixture(autouse=True)
def rings(monkeypatch):
    """How often a worker was woken."""
    rung = []
    monkeypatch.setattr(tasks, "ring_inbox", lambda: rung.append(1))
    return rung


def post(client, body=b"[]", service="sendgrid", *, authorization=BASIC, **headers):
    if authorization:
        headers["HTTP_AUTHORIZATION"] = authorization
    path = f"/hooks/{service}/"
    return client.generic("POST", path, body, content_type="application/json", **headers)


def test_what_a_service_posts_is_kept_and_answered_at_once(client, rings):
    response = post(client, b'[{"event": "open"}]', HTTP_SVIX_ID="msg_1")
    assert (response.status_code, response.content) == (200, b"")
    row = Webhook.objects.get()
    assert (row.service, bytes(row.body), row.size) == ("sendgrid", b'[{"event": "open"}]', 19)
    assert (row.content_type, row.headers) == ("application/json", {"svix-id": "msg_1"})
    assert len(rings) == 1


def test_a_worker_is_woken_once_for_all_that_wait(client, rings):
    for _ in range(5):
        post(client)
    assert len(rings) == 1


def test_a_service_has_no_cookie_of_ours_and_needs_none():
    assert post(Client(enforce_csrf_checks=True)).status_code == 200


@pytest.mark.parametrize("authorization", ["", "Basic aG9vazp4", "Bearer x", "Basic", "Basic \xff"])
def test_without_the_password_nothing_is_kept(client, authorization):
    response = post(client, authorization=authorization)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Basic ")
    assert not Webhook.objects.exists()


def test_a_password_is_asked_before_the_body_is_read():
    class Untouched(BytesIO):
        def read(self, *args):
            raise AssertionError("the body was read")

    request = RequestFactory().post("/hooks/sendgrid/", b"x", content_type="text/plain")
    environ = {**request.META, "wsgi.input": Untouched()}
    assert webhooks.hook(WSGIRequest(environ), "sendgrid").status_code == 401


def test_a_new_password_and_the_old_one_are_taken_while_they_change(client, settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": ["hook:the-new-one", SECRET]}
    assert post(client).status_code == 200


def test_without_password_or_signature_configured_nobody_is_believed(client, settings):
    settings.ANYMAIL = {}
    assert post(client, authorization="").status_code == 403
    assert post(client, service="mailgun").status_code == 403  # its key is missing
    assert not Webhook.objects.exists()


def test_a_signature_alone_is_enough(client, settings):
    settings.ANYMAIL = {"MAILTRAP_TRACKING_SECRET": webhook_fuzz.KEY}
    signed = webhook_fuzz.headers_of("mailtrap", b"{}")["HTTP_MAILTRAP_SIGNATURE"]
    signed_headers = {"authorization": "", "HTTP_MAILTRAP_SIGNATURE": signed}
    assert post(client, b"{}", "mailtrap", **signed_headers).status_code == 200
    assert post(client, b"{ }", "mailtrap", **signed_headers).status_code == 403
    assert Webhook.objects.count() == 1


def test_a_password_does_not_replace_a_signature(client):
    assert post(client, b"{}", "mailtrap").status_code == 403


@pytest.mark.parametrize("service", ["nobody", "postal", "amazon_ses"])
def test_services_that_are_not_ours_have_no_page(client, service):
    assert post(client, service=service).status_code == 404


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_only_posting_is_possible(client, method):
    assert getattr(client, method)("/hooks/sendgrid/").status_code == 405


def test_a_service_may_ask_whether_there_is_such_a_page(client):
    assert client.head("/hooks/mandrill/").status_code == 200
    assert not Webhook.objects.exists()


def test_five_megabytes_are_kept_and_more_are_not(client):
    assert post(client, b"x" * webhooks.SIZE_LIMIT).status_code == 200
    assert post(client, b"x" * (webhooks.SIZE_LIMIT + 1)).status_code == 413
    assert Webhook.objects.count() == 1


def test_who_is_not_believed_too_often_must_wait(client, monkeypatch):
    monkeypatch.setattr(webhooks, "FALSE_POSTS_AN_HOUR", 3)
    answers = [post(client, authorization="").status_code for _ in range(5)]
    assert answers == [401, 401, 401, 429, 429]
    assert post(client).status_code == 200  # the service itself need not wait


def test_no_address_is_logged(client, caplog):
    post(client, b'{"email": "ann@example.net"}', authorization="")
    post(client, b'{"email": "ann@example.net"}')
    inbox.read_all()
    assert "could not be read" in caplog.text
    assert "ann@" not in caplog.text


def test_a_bounce_stops_the_next_mail(client, make_subscriber):
    reader = make_subscriber()
    mail = sendgrid(mail_to(reader), "bounce", status="5.1.1")
    client.post("/hooks/sendgrid/", [mail], content_type="application/json",
                headers={"Authorization": BASIC})  # fmt: skip
    tasks.read_inbox()
    assert not Subscriber.objects.deliverable().exists()


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("is_authentic", [True, False])
def test_whatever_is_posted_never_makes_it_fail(service, is_authentic):
    dice = random.Random(f"{service}{is_authentic}")
    answers = Counter()
    for _ in range(FUZZ):
        body, content_type = webhook_fuzz.body_of(service, dice)
        headers = webhook_fuzz.headers_of(service, body)
        if not is_authentic:
            headers["HTTP_AUTHORIZATION"] = dice.choice(["", "Basic x", "Basic aG9vazp4", "\xff"])
        request = RequestFactory().generic("POST", "/", body, content_type=content_type, **headers)
        answers[webhooks.hook(request, service).status_code] += 1
    assert set(answers) <= ({200, 403, 429} if is_authentic else {401, 429})
    kept = answers[200]
    assert Webhook.objects.count() == kept
    assert not is_authentic or kept > FUZZ / 5
    inbox.read_all(seconds=3600)
    assert not inbox.waiting().exists()
    assert Event.objects.exists() == is_authentic
