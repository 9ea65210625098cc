from __future__ import annotations

import ssl
from datetime import UTC, datetime

import pytest
import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailRequestsAPIError,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from requests.exceptions import ConnectionError as NotConnected
from requests.exceptions import InvalidURL, ReadTimeout
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, ProxyError, SSLError

from subscriptions.esp import answers
from subscriptions.esp.answers import detail_of, fate_of, seconds_of
from subscriptions.outgoing import Fate

NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)


def amazon(status):
    return AnymailAPIError("no", response={"ResponseMetadata": {"HTTPStatusCode": status}})


def said(status, body):
    response = requests.Response()
    response.status_code, response._content, response.reason = status, body.encode(), "x"
    return AnymailRequestsAPIError("no", response=response)


def caused_by(cause):
    error = AnymailRequestsAPIError("posting")
    error.__cause__ = cause
    return error


def failed(reason):
    return caused_by(NotConnected(MaxRetryError(None, "/", reason)))


@pytest.mark.parametrize(
    ("error", "fate"),
    [
        (TimeoutError("timed out"), Fate.UNKNOWN),
        (AnymailAPIError("no answer"), Fate.UNKNOWN),
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
        (AnymailAPIError("a gate that lost its answer", status_code=502), Fate.UNKNOWN),
        (AnymailAPIError("a gate that heard none in time", status_code=504), Fate.UNKNOWN),
        (amazon(429), Fate.LATER),
        (amazon(400), Fate.NEVER),
        (AnymailAPIError("no connection", response={}), Fate.UNKNOWN),
        (AnymailRecipientsRefused(), Fate.NEVER),
        (AnymailInvalidAddress("bad"), Fate.NEVER),
        (AnymailUnsupportedFeature("tags"), Fate.NEVER),
        (AnymailSerializationError("object"), Fate.NEVER),
        (ValueError("a line break in a header"), Fate.NEVER),
        (said(422, '{"ErrorCode": 405, "Message": "no credits"}'), Fate.LATER),
        (said(422, '{"ErrorCode": 300, "Message": "Invalid \'From\' address"}'), Fate.LATER),
        (said(422, '{"ErrorCode": 300, "Message": "Invalid metadata"}'), Fate.NEVER),
        (said(422, '{"ErrorCode": "300"}'), Fate.NEVER),
        (said(422, "[1]"), Fate.NEVER),
        (said(409, '{"name": "concurrent_idempotent_requests"}'), Fate.UNKNOWN),
        (caused_by(ReadTimeout("silent")), Fate.UNKNOWN),
        (failed(SSLError(ssl.SSLEOFError("cut"))), Fate.UNKNOWN),
    ],
)
def test_only_a_clear_answer_is_an_answer(error, fate):
    assert fate_of(error) == fate
    assert not answers.is_unheard(error)


@pytest.mark.parametrize(
    "error",
    [
        failed(ConnectTimeoutError("silent")),
        failed(ProxyError("no", ConnectTimeoutError("silent"))),
        failed(SSLError(ssl.SSLCertVerificationError("expired"))),
        caused_by(InvalidURL("http://")),
    ],
)
def test_where_no_connection_came_about_nothing_was_heard(error):
    assert answers.is_unheard(error)
    assert fate_of(error) == Fate.LATER


@pytest.mark.parametrize(
    ("error", "is_repeat"),
    [
        (said(409, '{"name": "invalid_idempotent_request"}'), True),
        (said(400, '{"code": "duplicate_parameter"}'), True),
        (said(400, '{"code": "invalid_parameter"}'), False),
        (said(409, '{"name": "concurrent_idempotent_requests"}'), False),
        (said(400, "duplicate_parameter"), False),
        (AnymailAPIError("no"), False),
    ],
)
def test_a_key_that_was_used_before_is_known(error, is_repeat):
    assert answers.is_repeat(error) is is_repeat


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0), ("7", 7), (" 7 ", 7), ("1.5", 1.5), ("3600", 3600), ("99999", 3600),
        ("9" * 18, 3600), ("9" * 99, None), ("-1", None), ("", None), ("soon", None),
        ("nan", None), ("inf", None), ("1e3", None), ("\u0663", None), ("7, 8", None),
        ("Tue, 17 Mar 2026 12:00:30 GMT", 30), ("Tue, 17 Mar 2026 11:59:00 GMT", 0),
        ("Tue, 17 Mar 2026 12:00:30 -0000", 30), ("Tue, 17 Mar 2026 13:00:30 +0100", 30),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600), ("Tue, 99 Mar 2026 12:00:30 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_and_bounded(value, seconds):
    assert seconds_of(value, now=NOW) == seconds


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (AnymailAPIError("to ANN@example.net"), "AnymailAPIError: to [address]"),
        (AnymailAPIError("<bob@example.org>."), "AnymailAPIError: <[address]>."),
        (ValueError("x" * 9999), ("ValueError: " + "x" * 999)[:500]),
        (ValueError("x" * 480 + "ann@example.net"), "ValueError: " + "x" * 480 + "[address"),
    ],
)
@pytest.mark.parametrize("recipient", ["ann@example.net", "Ann Reader <ann@example.net>"])
def test_what_is_kept_of_an_error_does_not_know_the_reader(error, detail, recipient):
    assert detail_of(error, recipients=[recipient]) == detail


def test_an_id_is_kept_short():
    assert answers.accepted("x" * 999).detail == "x" * 255
    assert answers.accepted(None).detail == ""
