"""How sessions are opened, kept, and opened again."""

from __future__ import annotations

import socket
import subprocess

import pytest
from django.test import override_settings

from subscriptions.outgoing import Fate, Unreachable
from subscriptions.smtp import Kind, NoSession, Server, from_settings, pool
from tests.fakes.smtp import FakeSmtp, Fault
from tests.subscriptions.smtp_steps import (
    Notes,
    collect,
    fates,
    mails,
    send,
    send_over,
    transport,
    wait_until,
)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A file with a key and a certificate for 127.0.0.1, signed by itself."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return str(path)


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    return certificate


def failure(port: int, **server) -> NoSession:
    with pytest.raises(NoSession) as found:
        send(port, mails(1), **server)
    assert isinstance(found.value, Unreachable)
    return found.value


@pytest.mark.parametrize("tls_at_once", [False, True])
@pytest.mark.parametrize("pipelining", [False, True])
def test_mails_go_out_encrypted(trusted, tls_at_once, pipelining):
    safe = {"use_ssl" if tls_at_once else "use_tls": True}
    with FakeSmtp(certfile=trusted, tls_at_once=tls_at_once, pipelining=pipelining) as server:
        results = send(server.port, mails(100), sessions=3, **safe)
    assert set(fates(results).values()) == {Fate.ACCEPTED}
    assert len(server.taken) == 100


def test_a_large_mail_goes_out_encrypted_in_pieces(trusted):
    outgoing = mails(3)
    outgoing[1].content = b"A: b\r\n\r\n" + b"0123456789" * 2_000_000
    with FakeSmtp(certfile=trusted) as server:
        server.contents = []
        results = send(server.port, outgoing, use_tls=True)
    assert set(fates(results).values()) == {Fate.ACCEPTED}
    assert server.contents[1] == outgoing[1].content + b"\r\n"


def test_an_encrypted_session_is_kept_for_the_next_call(trusted):
    with FakeSmtp(certfile=trusted) as server, transport(server.port, use_tls=True) as opened:
        for mail in mails(3):
            send_over(opened, [mail])
    assert server.connections == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate):
    with FakeSmtp(certfile=certificate) as server:
        error = failure(server.port, use_tls=True)
    assert error.kind is Kind.TLS
    assert "certificate" in str(error)


def test_a_server_without_tls_gets_no_mail_that_needs_it():
    with FakeSmtp(user="us", password="secret") as server:
        server.commands = []
        error = failure(server.port, use_tls=True, user="us", password="secret")
    assert error.kind is Kind.TLS
    assert [command.split()[0] for command in server.commands] == ["ehlo"]


def test_who_must_sign_in_does():
    with FakeSmtp(user="us", password="secret") as server:
        results = send(server.port, mails(2), user="us", password="secret")
    assert set(fates(results).values()) == {Fate.ACCEPTED}


def test_a_wrong_password_is_tried_once_and_not_told():
    with FakeSmtp(user="us", password="secret") as server:
        error = failure(server.port, user="us", password="hunter2", sessions=5)
    assert error.kind is Kind.AUTH
    assert str(error) == "AUTH: 535 5.7.8 who are you"
    assert server.connections == 1
    assert "hunter2" not in repr(Server("localhost", password="hunter2"))


def test_a_server_that_knows_no_signing_in_is_told_apart():
    with FakeSmtp() as server:
        assert failure(server.port, user="us", password="secret").kind is Kind.AUTH


def test_nobody_there_is_known_at_once():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        error = failure(free.getsockname()[1])
    assert error.kind is Kind.REFUSED


def test_a_server_that_does_not_greet_times_out():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        error = failure(silent.getsockname()[1], timeout=0.2)
    assert error.kind is Kind.TIMEOUT


def test_a_server_that_is_not_willing_says_why():
    with FakeSmtp([Fault("GREETING", "554 5.7.1 blocked", then="close")]) as server:
        error = failure(server.port)
    assert error.kind is Kind.REFUSED
    assert str(error) == "refused: 554 5.7.1 blocked"


def test_what_was_not_handed_over_is_untouched_when_nobody_is_there():
    results, left = {}, iter(mails(9))
    closed, gone = FakeSmtp([Fault("GREETING", then="close")]), pytest.raises(Unreachable)
    with closed as server, transport(server.port) as opened, gone:
        collect(opened.send(left, Notes(), may_go_on=lambda: True), results)
    assert set(fates(results).values()) == {Fate.UNTOUCHED}
    assert len(results) + len(list(left)) == 9


def test_sessions_are_opened_at_the_same_time_by_a_slow_server():
    with FakeSmtp(greets_after=0.5) as server, transport(server.port, sessions=8) as opened:
        sending = opened.send(iter(mails(200)), Notes(), may_go_on=lambda: True)
        results = dict([next(sending)])
        assert server.connections == 8
        collect(sending, results)
    assert len(server.taken) == 200


def test_no_more_sessions_are_opened_than_there_are_mails():
    with FakeSmtp(greets_after=0.3) as server:
        send(server.port, mails(3), sessions=8)
    assert server.connections == 3


def test_the_others_go_on_when_the_server_wants_no_more_sessions(monkeypatch):
    class Crowded(FakeSmtp):
        def fault(self, at, **known):
            if at == "GREETING" and len(self.open) > 2:
                return Fault("GREETING", "421 4.7.0 too many connections", then="close")
            return super().fault(at, **known)

    with Crowded(replies_after=0.001) as server:
        results = send(server.port, mails(500), sessions=10)
    assert set(fates(results).values()) == {Fate.ACCEPTED}
    assert len(server.taken) == 500
    assert server.connections < 12


def test_a_server_that_fails_always_is_tried_a_few_times_only(monkeypatch):
    monkeypatch.setattr(pool, "FIRST_PAUSE", 0.01)
    with FakeSmtp([Fault("MAIL", then="close")]) as server, pytest.raises(Unreachable):
        send(server.port, mails(1000), sessions=10)
    assert not server.taken
    assert server.connections <= 20


def test_a_session_that_the_server_ended_meanwhile_is_replaced():
    with FakeSmtp() as server, transport(server.port, sessions=2) as opened:
        send_over(opened, mails(1))
        server.drop_all()
        wait_until(lambda: not server.open)
        results = send_over(opened, mails(2))
    assert set(fates(results).values()) == {Fate.ACCEPTED}
    assert server.connections == 2


def test_sessions_that_the_server_ended_are_not_tried_on_a_mail():
    with FakeSmtp(replies_after=0.01) as server, transport(server.port, sessions=5) as opened:
        send_over(opened, mails(50))
        assert server.connections == 5
        server.drop_all()
        wait_until(lambda: not server.open)
        assert fates(send_over(opened, mails(1))) == {1: Fate.ACCEPTED}


def test_after_a_failure_sessions_are_opened_one_by_one(monkeypatch):
    monkeypatch.setattr(pool, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(pool, "GROWS_EVERY", 0.0)
    with FakeSmtp() as server:
        crowd = pool.Pool(Server("127.0.0.1", server.port), limit=8)
        crowd.open(2)
        wait_until(lambda: not crowd.arrived() and len(crowd.sessions) == 2)
        assert crowd.room() == 2
        server.faults = [Fault("GREETING", "421 too many", then="close")]
        crowd.open(1)
        wait_until(lambda: crowd.arrived() or not crowd.opening)
        assert crowd.room() == 1
        crowd.close()


def test_a_session_that_was_idle_for_long_is_not_trusted(monkeypatch):
    with FakeSmtp() as server, transport(server.port) as opened:
        send_over(opened, mails(1))
        monkeypatch.setattr(pool, "IDLE", 0.0)
        send_over(opened, mails(1))
    assert server.connections == 2


def test_mails_go_out_again_after_the_server_was_away():
    with FakeSmtp() as server, transport(server.port) as opened:
        send_over(opened, mails(1))
        server.faults = [Fault("GREETING", "421 no", then="close")]
        server.drop_all()
        wait_until(lambda: not server.open)
        with pytest.raises(Unreachable):
            send_over(opened, mails(1))
        server.faults = []
        assert fates(send_over(opened, mails(1))) == {1: Fate.ACCEPTED}


def test_a_call_that_is_given_up_leaves_no_session_half_way():
    journal = Notes()
    with FakeSmtp() as server, transport(server.port, sessions=3) as opened:
        sending = opened.send(iter(mails(500)), journal, may_go_on=lambda: True)
        next(sending)
        sending.close()
        assert len(journal.in_doubt) <= 3
        assert fates(send_over(opened, mails(5))) == dict.fromkeys(range(1, 6), Fate.ACCEPTED)
    assert not server.complaints


def test_a_session_that_is_still_being_opened_is_not_waited_for():
    answers = iter([True])  # it may take one mail
    with FakeSmtp(greets_after=0.3) as server:
        with transport(server.port) as opened:
            sending = opened.send(iter(mails(1)), Notes(), may_go_on=lambda: next(answers, False))
            assert fates(dict(sending)) == {1: Fate.UNTOUCHED}
        wait_until(lambda: server.connections == 1 and not server.open)
    assert not server.taken


def test_the_server_is_the_one_of_the_settings():
    with override_settings(
        EMAIL_HOST="mail.example.org", EMAIL_PORT=587, EMAIL_HOST_USER="us", EMAIL_USE_TLS=True,
        EMAIL_HOST_PASSWORD="secret", EMAIL_TIMEOUT=7, EMAIL_SSL_CERTFILE="/c",
    ):  # fmt: skip
        server = from_settings()
    assert (server.host, server.port, server.user) == ("mail.example.org", 587, "us")
    assert (server.password, server.timeout, server.certfile) == ("secret", 7, "/c")
    assert (server.use_tls, server.use_ssl, server.keyfile) == (True, False, None)
