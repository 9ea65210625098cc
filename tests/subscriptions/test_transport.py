"""Which way mail goes out; each way has tests of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from subscriptions import transport
from subscriptions.outgoing import Fate, Result
from tests.subscriptions.outbox_steps import Plain, Way

MAIL = Plain(1, "ann@example.net")


@pytest.mark.parametrize(
    ("backend", "name"),
    [
        ("django.core.mail.backends.smtp.EmailBackend", "smtp"),
        ("anymail.backends.postmark.EmailBackend", "postmark"),
        ("anymail.backends.resend.EmailBackend", "resend"),
    ],
)
def test_the_settings_name_the_way_out(settings, backend, name):
    settings.EMAIL_BACKEND = backend
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "x", "RESEND_API_KEY": "x"}
    way = transport.open_transport()
    assert way.name.lower() == name
    way.close()


def test_a_service_that_knows_keys_is_known(settings):
    settings.EMAIL_BACKEND = "anymail.backends.resend.EmailBackend"
    assert transport.keeps_keys() == timedelta(hours=24, minutes=-5)
    settings.EMAIL_BACKEND = transport.SMTP
    assert transport.keeps_keys() is None


def test_one_mail_can_be_sent_outside_the_ledger():
    result = transport.send_once(MAIL)
    assert result.fate is Fate.ACCEPTED
    assert [message.to for message in mail.outbox] == [["ann@example.net"]]


def test_a_service_that_is_away_is_an_answer(settings):
    settings.EMAIL_BACKEND = transport.SMTP
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 2
    assert transport.send_once(MAIL).fate is Fate.LATER


def test_the_way_is_closed_whatever_it_says(monkeypatch):
    way = Way(Result(Fate.NEVER, "no"))
    monkeypatch.setattr(transport, "open_transport", lambda: way)
    assert transport.send_once(MAIL) == Result(Fate.NEVER, "no")
    assert way.is_closed
