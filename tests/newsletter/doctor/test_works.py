"""The doctor looks at the real parts, and at servers that are not well."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from newsletter.doctor import Level, service, works
from newsletter.doctor.names import Names
from tests.fakes.dns import FakeDns
from tests.fakes.smtp.process import FakeSmtpProcess

pytestmark = pytest.mark.django_db
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def mail_server(settings, tmp_path):
    """Mail goes to a server of the test's own."""
    with ExitStack() as stack:

        def start(**manner):
            server = stack.enter_context(FakeSmtpProcess(tmp_path / "log", **manner))
            settings.EMAIL_BACKEND, settings.EMAIL_HOST = SMTP, "127.0.0.1"
            settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = server.port, 5
            return server

        yield start


def test_a_server_that_takes_us_is_well_and_gets_no_mail(mail_server):
    server = mail_server()
    found = list(service.examine(Names(["127.0.0.1"], port=1)))
    assert [finding.level for finding in found] == [Level.WELL]
    assert server.recipients() == []


def test_a_server_that_is_away_is_wrong(settings):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", 1
    assert next(service.examine(Names(["127.0.0.1"], port=1))).level is Level.WRONG


def test_a_test_mail_is_sent_to_whom_it_should(mail_server):
    server = mail_server()
    assert service.send_test("ops@example.net").level is Level.WELL
    assert server.recipients() == ["ops@example.net"]


@pytest.mark.parametrize(
    ("records", "level", "word"),
    [
        ({}, Level.WRONG, "no name"),
        ({("9.2.0.192.in-addr.arpa", "PTR"): ["mx.example.org."]}, Level.WELL, "and back"),
        ({("9.2.0.192.in-addr.arpa", "PTR"): ["other.example."]}, Level.WRONG, "elsewhere"),
    ],
)
def test_a_server_of_our_own_has_a_name_that_leads_back(records, level, word):
    with FakeDns({("mx.example.org", "A"): ["192.0.2.9"], **records}) as server:
        asked = Names(["127.0.0.1"], port=server.port)
        found = list(service._pointers("mx.example.org", asked))
    assert [(finding.level, word in finding.said) for finding in found] == [(level, True)]


def test_a_missing_migration_is_wrong():
    assert works._migrations().level is Level.WELL
    newest = MigrationRecorder.Migration.objects.filter(app="newsletter").latest("id").name
    MigrationRecorder(connection).record_unapplied("newsletter", newest)
    assert works._migrations().level is Level.WRONG


def test_a_queue_that_nobody_listens_to_is_named(monkeypatch):
    class Inspect:
        def __init__(self, timeout):
            assert timeout > 0

        def active_queues(self):
            return {"a": [{"name": "bulk"}, {"name": "papers"}], "b": [{"name": "letters"}]}

    monkeypatch.setattr(current_app.control, "inspect", Inspect)
    finding = works._workers()
    assert (finding.level, finding.mend) == (Level.WRONG, "start a worker with -Q events")


def test_the_command_says_what_is_wrong_and_ends_with_1(capsys, settings, mail_server, tmp_path):
    mail_server()
    settings.MAIL_FROM = "Papers <digest@news.example.org>"
    mail = tmp_path / "mail"
    mail.write_bytes(b"From: digest@news.example.org\n\nHello\n")
    with (
        pytest.raises(SystemExit) as ended,
        FakeDns({("news.example.org", "A"): ["192.0.2.1"]}) as dns,
    ):
        call_command("doctor", f"--received={mail}", f"--dns=127.0.0.1:{dns.port}")
    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert "WRONG  SPF: news.example.org has no SPF record\n         mend: publish" in out
    assert "ok  mail service: 127.0.0.1:" in out
    assert "WRONG  signature" in out


def test_a_file_that_is_not_there_is_named(mail_server):
    mail_server()
    with pytest.raises(CommandError, match="/nowhere/mail"):
        call_command("doctor", "--received=/nowhere/mail", "--dns=127.0.0.1:1")
