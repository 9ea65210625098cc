"""What is taken for a call, noted before it, and kept back from it."""

from __future__ import annotations

import pytest

from subscriptions.esp import BackendTransport
from tests.subscriptions.esp_steps import (
    PATHS,
    Mail,
    Notes,
    fates,
    mails,
    send,
    service,
    taken,
)


def test_mails_are_taken_only_for_the_next_call(settings):
    outgoing, sent = iter(mails(30)), []
    with service(settings):
        transport = BackendTransport(PATHS["postmark"], batch=10)
        for entry_id, _ in transport.send(outgoing, Notes(), may_go_on=lambda: len(sent) < 11):
            sent.append(entry_id)
        transport.close()
    assert sent == list(range(20))
    assert [one.entry_id for one in outgoing] == list(range(20, 30))


def test_after_an_answer_with_a_time_nobody_calls_in_the_same_breath(settings):
    with service(settings, busy=1, retry_after="30") as esp:
        results = send("postmark", mails(3), batch=1)
        assert len(esp.requests) == 1
    assert results[0].retry_after == 30


def test_two_mails_for_one_reader_never_go_in_one_call(settings):
    notes = Notes()
    twice = [Mail(1, "r1@a.org"), Mail(2, "R1@a.org"), Mail(3, "r3@a.org")]
    with service(settings):
        assert fates(send("postmark", twice, notes=notes)) == ["ACCEPTED"] * 3
    assert notes.calls == [[1], [2, 3]]


def test_a_call_is_not_larger_than_services_take(settings):
    notes = Notes()
    large = [Mail(n, f"r{n}@a.org", "x" * 3_000_000) for n in range(5)]
    with service(settings):
        assert fates(send("postmark", large, notes=notes)) == ["ACCEPTED"] * 5
    assert notes.calls == [[0, 1], [2, 3], [4]]


def test_what_did_not_fit_any_more_is_untouched(settings):
    go = iter([True, True, False])
    with service(settings) as esp:
        results = send("postmark", [Mail(1, "r1@a.org"), Mail(2, "r1@a.org")],
                       may_go_on=lambda: next(go))  # fmt: skip
        assert taken(esp) == [1]
    assert fates(results) == ["ACCEPTED", "UNTOUCHED"]


def test_a_batch_that_took_too_long_to_write_is_not_handed_over(settings):
    go = iter([True, False, False])
    with service(settings) as esp:
        assert fates(send("postmark", mails(3), may_go_on=lambda: next(go))) == ["UNTOUCHED"] * 3
        assert esp.requests == []


def test_nothing_is_sent_that_cannot_be_noted(settings, caplog):
    notes = Notes()
    notes.is_full = True
    with service(settings) as esp:
        assert fates(send("postmark", mails(700), notes=notes)) == ["UNTOUCHED"] * 500
        assert esp.requests == []
    assert "cannot be noted" in caplog.text


@pytest.mark.parametrize("name", [*PATHS, "django.core.mail.backends.locmem.EmailBackend"])
@pytest.mark.parametrize(
    "broken",
    [
        {"subject": "Hi\r\nBcc: v@x.org"},
        {"subject": "Hi\rBcc: v@x.org"},
        {"headers": {"X-A": "a\nBcc: v@x.org"}},
        {"headers": {"X-A\nBcc": "v@x.org"}},
        {"recipient": "ann@example.net\r\nBcc: v@x.org"},
        {"recipient": "ann@example.net, v@x.org"},
        {"options": {"reply_to": ["ed@example.org\r\nBcc: v@x.org"]}},
        {"options": {"to": ["ann@example.net", "v@x.org"]}},
        {"options": {"cc": ["v@x.org"]}},
        {"options": {"to": ["v@x.org"]}},
    ],
)
def test_a_mail_that_could_add_headers_or_readers_is_not_handed_over(settings, name, broken):
    notes = Notes()
    with service(settings) as esp:
        fields = {"entry_id": 1, "recipient": "ann@example.net"} | broken
        results = send(name, [Mail(**fields), *mails(1)], notes=notes)
        assert [one.recipient for one in esp.log] in ([], ["r0@example.net"])
    assert fates(results) == ["ACCEPTED", "NEVER"]
    assert notes.calls == [[0]]
    assert "line break" in results[1].detail or "recipients" in results[1].detail


def test_headers_are_what_each_service_wants(settings):
    with service(settings, keep=True) as esp:
        send("postmark", mails(1))
        names = {header["Name"] for header in esp.bodies[0]["Headers"]}
    assert "X-PM-KeepID" in names
    assert "Feedback-ID" not in names


def test_a_service_without_metadata_gets_none(settings):
    with service(settings) as esp:
        settings.ANYMAIL |= {"POSTAL_API_KEY": "k", "POSTAL_API_URL": f"{esp.url}/postal"}
        transport = BackendTransport("anymail.backends.postal.EmailBackend")
        transport.close()
        data = transport._ready(mails(1)[0]).message.metadata
    assert not isinstance(data, dict)


def test_an_international_address_is_known_again_in_the_answer(settings):
    far = [Mail(1, "ann@b\u00fccher.example"), *mails(2, 5)]
    with service(settings) as esp:
        assert fates(send("postmark", far)) == ["ACCEPTED"] * 3
        assert fates(send("postmark", far[:1])) == ["ACCEPTED"]
    assert esp.log[0].recipient == "ann@xn--bcher-kva.example"
