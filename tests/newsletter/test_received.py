"""Mail that a service received for us, and posts."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from email.message import EmailMessage
from urllib.parse import urlencode

import pytest
from django.test import Client

from newsletter import received
from subscriptions import mail_tokens
from subscriptions.models import Letter, Subscriber
from tests.conftest import MOMENT
from tests.newsletter.event_steps import BASIC, SECRET

FORM = "application/x-www-form-urlencoded"
MAILGUN_KEY = "a-signing-key"


@pytest.fixture(autouse=True)
def configured(settings, db):
    settings.WEBHOOK_SERVICES = list(received.VIEWS)
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": MAILGUN_KEY}


@pytest.fixture
def reader(make_subscriber):
    return make_subscriber("ann@example.net")


@pytest.fixture
def to(reader) -> str:
    return f"unsub+{mail_tokens.make(reader).upper()}@news.example.org"


def has_left(reader) -> bool:
    return Subscriber.objects.get(pk=reader.pk).state == Subscriber.State.UNSUBSCRIBED


def post(body: bytes, service="postmark", *, kind="application/json", authorization=BASIC) -> int:
    headers = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
    path = f"/hooks/{service}/mail/"
    client = Client(enforce_csrf_checks=True)
    return client.generic("POST", path, body, content_type=kind, **headers).status_code


def postmark(to: str, *, headers: dict[str, str] | None = None) -> bytes:
    listed = [{"Name": name, "Value": value} for name, value in (headers or {}).items()]
    said = {"OriginalRecipient": to, "Subject": "unsubscribe", "Headers": listed, "TextBody": "x"}
    return json.dumps(said).encode()


def raw_mail(to: str) -> str:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ann@example.net", to, "unsubscribe"
    message.set_content("Please.")
    return message.as_string()


def mailgun(to: str, *, key: str = MAILGUN_KEY) -> bytes:
    stamp = str(int(time.time()))
    signature = hmac.new(key.encode(), f"{stamp}token".encode(), hashlib.sha256).hexdigest()
    fields = {"recipient": to, "body-mime": raw_mail(to), "timestamp": stamp, "token": "token"}
    return urlencode({**fields, "signature": signature}).encode()


def sendgrid(to: str) -> bytes:
    return urlencode(
        {"email": raw_mail(to), "envelope": json.dumps({"from": "ann@example.net", "to": [to]})}
    ).encode()


def test_each_kind_of_service_hands_a_mail_on(make_subscriber):
    for service, write, kind in (
        ("postmark", postmark, "application/json"),
        ("mailgun", mailgun, FORM),
        ("sendgrid", sendgrid, FORM),
    ):
        reader = make_subscriber()
        address = f"unsub+{mail_tokens.make(reader)}@news.example.org"
        assert post(write(address), service, kind=kind) == 200
        assert has_left(reader), service
    assert not Letter.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [{"Auto-Submitted": "auto-replied"}, {"Return-Path": "<>"}, {"Precedence": "bulk"}],
    ids=str,
)
def test_what_machines_write_is_ignored(reader, to, headers):
    assert post(postmark(to, headers=headers)) == 200
    assert not has_left(reader)


@pytest.mark.parametrize("authorization", [None, "Basic bm86bm8=", "Bearer x"])
def test_strangers_are_not_believed(reader, to, authorization):
    assert post(postmark(to), authorization=authorization) == 401
    assert not has_left(reader)


def test_a_password_does_not_replace_a_signature(reader, to):
    assert post(mailgun(to, key="wrong"), "mailgun", kind=FORM) == 403
    assert not has_left(reader)


@pytest.mark.parametrize("service", ["nobody", "resend", "amazon_ses"])
def test_only_services_that_are_configured_and_known_have_such_a_page(service):
    assert post(b"{}", service) == 404


def test_a_service_may_ask_whether_there_is_such_a_page(client):
    assert client.head("/hooks/postmark/mail/").status_code == 200
    assert client.get("/hooks/postmark/mail/").status_code == 405


def test_what_is_too_long_is_refused():
    assert post(b"x" * 5_000_001) == 413


def test_no_damaged_post_makes_it_fail(reader, to, make_subscriber):
    chance = random.Random(8)
    bodies = {
        "postmark": (postmark(to, headers={"To": to, "From": "a@b.example"}), "application/json"),
        "sendgrid": (sendgrid(to), FORM),
        "mailgun": (mailgun(to), FORM),
        "brevo": (b'{"items": [{"Recipients": [], "Headers": {}}]}', "application/json"),
        "mailjet": (b'{"Headers": {"To": "a@b.example"}, "Recipient": "x"}', "application/json"),
        "sparkpost": (b'[{"msys": {"relay_message": {"content": {}}}}]', "application/json"),
    }
    odd = (b"", b"null", b"[null]", b"[" * 100_000, b"\xff", b'{"Headers": 7}')
    for service, (whole, kind) in bodies.items():
        damaged = list(odd)
        for _ in range(40):
            raw = bytearray(whole)
            for _ in range(chance.randint(1, 20)):
                raw[chance.randrange(len(raw))] = chance.randrange(256)
            damaged.append(bytes(raw))
        environ = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": kind}
        for raw in damaged:  # as if it were believed
            assert received.read(service, environ, raw, at=MOMENT) in {0, 1}
        assert post(b"null", service) in {200, 403}
