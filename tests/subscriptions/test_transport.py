from __future__ import annotations

import socket
from smtplib import (
    SMTPDataError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

import pytest
from aiosmtpd.controller import Controller
from anymail.exceptions import (
    AnymailAPIError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from anymail.message import AnymailMessage
from requests.exceptions import ReadTimeout

from subscriptions.transport import Fate, Result, Transport, Unreachable, detail_of, fate_of


def message(subject="Hi", **fields):
    headers, to = {"Message-ID": "<1@news.example.org>"}, ["ann@example.net"]
    return AnymailMessage(subject, "Text", "us@news.example.org", to, headers=headers, **fields)


def amazon(status):
    return AnymailAPIError("no", response={"ResponseMetadata": {"HTTPStatusCode": status}})


def refused(code, text=b"no"):
    return SMTPRecipientsRefused({"ann@example.net": (code, text)})


@pytest.mark.parametrize(
    ("error", "fate"),
    [
        (SMTPDataError(451, b"busy"), Fate.LATER),
        (SMTPDataError(421, b"closing"), Fate.LATER),
        (SMTPDataError(550, b"spam"), Fate.NEVER),
        (SMTPDataError(554, b"no"), Fate.NEVER),
        (SMTPDataError(-1, b"garbled"), Fate.UNKNOWN),
        (SMTPSenderRefused(452, b"full", "us@news.example.org"), Fate.LATER),
        (SMTPSenderRefused(553, b"no", "us@news.example.org"), Fate.LATER),
        (SMTPSenderRefused(-1, b"garbled", "us@news.example.org"), Fate.LATER),
        (refused(450), Fate.LATER),
        (refused(550), Fate.NEVER),
        (refused(530), Fate.LATER),
        (refused(535), Fate.LATER),
        (SMTPDataError(534, b"no"), Fate.LATER),
        (SMTPDataError(538, b"no"), Fate.LATER),
        (refused(554, b"5.7.1 Relay access denied"), Fate.LATER),
        (refused(550, b"550-5.7.26 not\nauthenticated"), Fate.LATER),
        (SMTPDataError(550, "said: 554 5.7.1 no"), Fate.LATER),
        (SMTPDataError(550, b"5.4.5 Daily limit"), Fate.LATER),
        (refused(550, b"5.1.1 unknown; rule 5.7.1"), Fate.NEVER),
        (refused(550, b"5.4.50 no"), Fate.NEVER),
        (refused(550, b"no mail from 5.7.1.9 or 15.7.1 or 10.5.7.1"), Fate.NEVER),
        (SMTPDataError(-1, b"5.7.1"), Fate.UNKNOWN),
        (SMTPServerDisconnected("gone"), Fate.UNKNOWN),
        (SMTPNotSupportedError("SMTPUTF8"), Fate.NEVER),
        (TimeoutError("timed out"), Fate.UNKNOWN),
        (ConnectionResetError("reset"), Fate.UNKNOWN),
        (AnymailAPIError("no answer"), Fate.UNKNOWN),
        (AnymailAPIError("timed out", status_code=None), Fate.UNKNOWN),
        (AnymailAPIError("unreadable", status_code=200), Fate.UNKNOWN),
        (AnymailAPIError("moved", status_code=302), Fate.UNKNOWN),
        (AnymailAPIError("bad", status_code=400), Fate.NEVER),
        (AnymailAPIError("our key", status_code=401), Fate.LATER),
        (AnymailAPIError("our bill", status_code=402), Fate.LATER),
        (AnymailAPIError("our account", status_code=403), Fate.LATER),
        (AnymailAPIError("too long", status_code=413), Fate.NEVER),
        (AnymailAPIError("refused", status_code=422), Fate.NEVER),
        (AnymailAPIError("slow down", status_code=429), Fate.LATER),
        (AnymailAPIError("broken", status_code=500), Fate.LATER),
        (AnymailAPIError("away", status_code=503), Fate.LATER),
        (amazon(429), Fate.LATER),
        (amazon(400), Fate.NEVER),
        (AnymailAPIError("no connection", response={}), Fate.UNKNOWN),
        (AnymailRecipientsRefused(), Fate.NEVER),
        (AnymailInvalidAddress("bad"), Fate.NEVER),
        (AnymailUnsupportedFeature("tags"), Fate.NEVER),
        (AnymailSerializationError("object"), Fate.NEVER),
        (ValueError("a line break in a header"), Fate.NEVER),
    ],
)
def test_only_a_clear_answer_is_an_answer(error, fate):
    assert fate_of(error) == fate


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (refused(550, b"<Ann@Example.net>: who?"), "SMTPRecipientsRefused: 550 <[address]>: who?"),
        (SMTPDataError(554, b"to ANN@example.net"), "SMTPDataError: 554 to [address]"),
        (SMTPDataError(554, "caf\xe9".encode("latin-1")), "SMTPDataError: 554 caf\ufffd"),
        (AnymailAPIError("to ann@example.net"), "AnymailAPIError: to [address]"),
        (ValueError("x" * 999), ("ValueError: " + "x" * 999)[:500]),
        (ValueError("x" * 480 + "ann@example.net"), "ValueError: " + "x" * 480 + "[address"),
    ],
)
@pytest.mark.parametrize("recipient", ["ann@example.net", "Ann Reader <ann@example.net>"])
def test_what_is_kept_of_an_error_does_not_know_the_reader(error, detail, recipient):
    assert detail_of(error, recipients=[recipient]) == detail


@pytest.mark.parametrize(
    "broken", [message("Hi\r\nBcc: v@x.org"), message(reply_to=["a@b.org\r\nBcc: v@x.org"])]
)
def test_what_cannot_be_written_is_refused(mailbox, broken):
    with Transport() as transport:
        assert transport.send(broken).fate == Fate.NEVER
    assert mailbox.messages == []


# --- an HTTP service ----------------------------------------------------------------------


@pytest.fixture
def postmark(settings, httpserver):
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "token",
        "POSTMARK_API_URL": httpserver.url_for("/"),
        "REQUESTS_TIMEOUT": 0.2,
    }
    return httpserver.expect_request("/email")


def send_one():
    with Transport() as transport:
        transport.open()
        return transport.send(message())


@pytest.mark.parametrize(
    ("status", "body", "fate"),
    [
        (200, "<html>a proxy's page</html>", Fate.UNKNOWN),
        (422, '{"ErrorCode": 300, "Message": "Invalid"}', Fate.NEVER),
        (401, '{"ErrorCode": 10, "Message": "Bad token"}', Fate.LATER),
        (503, "away", Fate.LATER),
    ],
)
def test_the_answer_of_an_http_service_decides(postmark, status, body, fate):
    postmark.respond_with_data(body, status=status, content_type="application/json")
    assert send_one().fate == fate


def test_an_http_service_that_takes_a_message_says_its_id(postmark):
    answer = {"ErrorCode": 0, "Message": "OK", "MessageID": "id-1", "To": "ann@example.net"}
    postmark.respond_with_json(answer)
    assert send_one() == Result(Fate.ACCEPTED, "id-1")


def test_an_http_service_that_takes_a_message_and_never_answers_leaves_a_doubt(settings, postmark):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.ANYMAIL["POSTMARK_API_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        result = send_one()
    assert result.fate == Fate.UNKNOWN
    assert ReadTimeout.__name__ in result.detail


def test_an_http_service_that_is_not_there_took_nothing(settings, postmark, unused_port):
    settings.ANYMAIL["POSTMARK_API_URL"] = f"http://127.0.0.1:{unused_port}/"
    assert send_one().fate == Fate.LATER


# --- a real SMTP server -------------------------------------------------------------------


class Mailbox:
    """An SMTP server's mind: it takes every message, or answers as it is told."""

    def __init__(self):
        self.messages = []
        self.answers = {}  # command -> what to answer; "drop" hangs up

    def answer(self, command, server):
        told = self.answers.get(command, "250 OK")
        if told == "drop":
            server.transport.abort()
        return told

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.answer("RCPT", server)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.messages.append(envelope)
        return self.answer("DATA", server)


@pytest.fixture
def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def mailbox(settings, unused_port):
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=unused_port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused_port
    settings.EMAIL_TIMEOUT = 5
    yield box
    controller.stop()


def test_smtp_accepts_many_over_one_connection_and_keeps_our_id(mailbox):
    with Transport() as transport:
        for _ in range(3):
            transport.open()
            assert transport.send(message()) == Result(Fate.ACCEPTED, "<1@news.example.org>")
    assert [envelope.rcpt_tos for envelope in mailbox.messages] == [["ann@example.net"]] * 3


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "fate"),
    [("451 busy", Fate.LATER), ("550 no such person", Fate.NEVER), ("drop", Fate.UNKNOWN)],
)
def test_the_answer_of_an_smtp_server_decides(mailbox, command, answer, fate):
    mailbox.answers[command] = answer
    result = send_one()
    assert result.fate == fate
    assert result.detail


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_a_result_does_not_know_the_reader(mailbox, command):
    mailbox.answers[command] = "550 5.1.1 <ann@example.net> is unknown"
    assert send_one().detail.endswith(": 550 5.1.1 <[address]> is unknown")


def test_after_trouble_the_next_message_goes_over_a_new_connection(mailbox):
    with Transport() as transport:
        mailbox.answers["DATA"] = "drop"
        transport.open()
        assert transport.send(message()).fate == Fate.UNKNOWN
        mailbox.answers.clear()
        transport.open()
        assert transport.send(message()).fate == Fate.ACCEPTED


def test_an_smtp_server_that_is_not_there_is_unreachable(settings, unused_port):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused_port
    with Transport() as transport, pytest.raises(Unreachable):
        transport.open()


def test_a_connection_that_cannot_be_closed_is_no_error(monkeypatch):
    with Transport() as transport:
        monkeypatch.setattr(transport._connection, "close", close_badly)


def close_badly():
    raise TimeoutError("no goodbye")
