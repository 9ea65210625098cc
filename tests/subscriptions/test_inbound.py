"""What people mail to the mailbox for leaving, and what machines do."""

from __future__ import annotations

import io
import random
from email.message import EmailMessage

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from subscriptions import inbound, mail_tokens, tokens
from subscriptions.inbound import Ignored
from subscriptions.management.commands import read_mailbox
from subscriptions.models import Consent, Letter, Subscriber
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT

State = Subscriber.State
MAILBOX = "unsub@news.example.org"


@pytest.fixture
def reader(make_subscriber):
    return make_subscriber("ann@example.net")


@pytest.fixture
def token(reader):
    return mail_tokens.make(reader)


def mail(*, to: str = MAILBOX, subject: str = "unsubscribe", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ann@example.net", to, subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Please.")
    return message.as_bytes()


def plus(token: str) -> str:
    return MAILBOX.replace("@", f"+{token}@")


def has_left(reader: Subscriber) -> bool:
    return Subscriber.objects.get(pk=reader.pk).state == State.UNSUBSCRIBED


def receive(raw: bytes, **options) -> bool:
    return inbound.receive(raw, at=MOMENT, **options)


@pytest.mark.parametrize("case", [str.lower, str.upper, str.title])
def test_whoever_writes_to_his_own_address_leaves(reader, token, case):
    assert receive(mail(to=plus(case(token))))
    assert has_left(reader)
    consent = reader.consents.get()
    assert (consent.act, consent.page, consent.ip) == (Consent.Act.LEFT, "mail", None)


@pytest.mark.parametrize("name", ["Delivered-To", "X-Original-To", "Cc"])
def test_the_address_may_be_where_the_mail_server_says(reader, token, name):
    assert receive(mail(**{name: plus(token)}))
    assert has_left(reader)


def test_the_mail_server_may_say_it_beside_the_mail(reader, token):
    assert receive(mail(), recipients=[plus(token)])
    assert has_left(reader)


@pytest.mark.parametrize("subject", ["{}", "unsubscribe {}", "Re: <{}>", "Fwd: leave ({})."])
def test_the_token_may_be_in_the_subject(reader, token, subject):
    assert receive(mail(subject=subject.format(token)))
    assert has_left(reader)


def test_the_addresses_of_older_mails_go_on_working(reader):
    assert receive(mail(to=plus(tokens.make(Purpose.UNSUBSCRIBE, reader))))
    assert has_left(reader)


def test_the_sender_is_never_believed(reader, make_subscriber):
    other = make_subscriber()
    assert receive(mail(to=plus(mail_tokens.make(other)), Reply_To=reader.email))
    assert has_left(other)
    assert not has_left(reader)


def test_nobody_is_answered(reader, token):
    receive(mail(to=plus(token)))
    receive(mail())
    assert not Letter.objects.exists()


@pytest.mark.parametrize(
    "header",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "Auto-Generated; type=vacation"},
        {"Precedence": "bulk"},
        {"Precedence": "auto_reply"},
        {"Return-Path": "<>"},
        {"X-Autoreply": "yes"},
        {"List-Id": "<digest.news.example.org>"},
        {"List-Unsubscribe": "<https://news.example.org/unsubscribe/x/>"},
    ],
)
def test_what_machines_write_is_ignored_and_logged(reader, token, caplog, header):
    assert not receive(mail(to=plus(token), **header))
    assert not has_left(reader)
    assert "was ignored" in caplog.text
    assert token not in caplog.text


def test_reports_and_bounces_are_ignored(reader, token):
    report = f"From: MAILER-DAEMON@example.net\r\nTo: {plus(token)}\r\n\r\n".encode()
    kind = b'Content-Type: multipart/report; boundary="x"\r\n'
    assert not receive(report)
    assert not receive(kind + report.replace(b"MAILER-DAEMON", b"someone"))
    assert not has_left(reader)


def test_a_person_who_says_that_he_is_none_is_a_person(reader, token):
    assert receive(mail(to=plus(token), Auto_Submitted="no"))


def test_a_mail_that_is_too_long_is_ignored(reader, token):
    raw = mail(to=plus(token))
    assert not receive(raw + b"x" * inbound.LONGEST)
    assert not has_left(reader)


def test_a_token_behind_the_headers_counts_for_nothing(reader, token):
    assert not receive(b"Subject: hello\r\n\r\nTo: " + plus(token).encode())
    assert not receive(b"X: y\r\n" * 50_000 + b"To: " + plus(token).encode() + b"\r\n\r\n")
    assert not has_left(reader)


def test_only_so_many_guesses_are_looked_at(reader, token, django_assert_max_num_queries):
    guesses = ", ".join(plus("a" * 48) for _ in range(500))
    with django_assert_max_num_queries(inbound.TRIES):
        assert not receive(mail(to=f"{guesses}, {plus(token)}"))


GARBAGE = [
    b"", b"\0", b"\xff" * 1000, b":\r\n:\r\n", b"To", b"To:", b"\r\n" * 1000, b"{}", b"From x\n",
    b"To: =?utf-8?q?=00?=\r\n\r\n", b"To: =?nonsense?b?////?=\r\n\r\n",
    b"Subject: \xff\xfe\r\n\r\n",
    b"Content-Type: ;;;\r\nTo: \r\n\r\n", b"Content-Type: multipart/report; boundary=\r\n\r\n",
    b"To: " + b"a" * 90_000 + b"\r\n\r\n", b"Subject: " + b"=?utf-8?b?" * 5000 + b"\r\n\r\n",
]  # fmt: skip


@pytest.mark.parametrize("raw", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_ignored(db, raw):
    with pytest.raises(Ignored):
        inbound.reader_of(raw)


def test_no_damaged_mail_makes_it_fail(reader, token):
    """2,000 mails with some octets changed: each is obeyed or ignored."""
    chance, whole = (
        random.Random(8),
        bytearray(mail(to=plus(token), subject=token, Cc="a@b.example")),
    )
    for _ in range(2000):
        raw = bytearray(whole)
        for _ in range(chance.randint(1, 30)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        try:
            assert inbound.reader_of(bytes(raw)) == reader
        except Ignored:
            continue


# --- the command ----------------------------------------------------------------------


class Pipe:
    def __init__(self, raw: bytes) -> None:
        self.buffer = io.BytesIO(raw)


def run(monkeypatch, raw: bytes, *args: str) -> str:
    pipe, said = Pipe(raw), io.StringIO()
    monkeypatch.setattr(read_mailbox.sys, "stdin", pipe)
    call_command("read_mailbox", *args, stdout=said)
    assert pipe.buffer.read() == b""  # all was taken: who writes gets no error
    return said.getvalue().strip()


def test_a_mail_is_read_from_a_pipe(monkeypatch, reader, token):
    assert run(monkeypatch, mail(), "--to", plus(token)) == "1 left"
    assert has_left(reader)
    assert run(monkeypatch, b"x" * 3_000_000) == "0 left"


def test_a_maildir_is_emptied(tmp_path, reader, token):
    for folder in ("new", "cur", "tmp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "new" / "1").write_bytes(mail(to=plus(token)))
    (tmp_path / "new" / "2").write_bytes(b"\xff")
    (tmp_path / "cur" / "3:2,S").write_bytes(mail())
    (tmp_path / "tmp" / "4").write_bytes(b"still being written")
    said = io.StringIO()
    call_command("read_mailbox", "--maildir", str(tmp_path), stdout=said)
    assert said.getvalue().strip() == "1 left"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["4"]
    assert has_left(reader)


def test_what_is_no_maildir_is_said_so(tmp_path):
    with pytest.raises(CommandError, match="is no Maildir"):
        call_command("read_mailbox", "--maildir", str(tmp_path))


def test_a_mail_is_kept_by_the_mail_server_while_the_database_is_away(monkeypatch, tmp_path):
    def fail(*args, **options):
        raise OperationalError

    monkeypatch.setattr(inbound, "receive", fail)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1").write_bytes(b"a mail")
    with pytest.raises(CommandError) as caught:
        call_command("read_mailbox", "--maildir", str(tmp_path))
    assert caught.value.returncode == 75  # EX_TEMPFAIL
    assert (tmp_path / "new" / "1").exists()
