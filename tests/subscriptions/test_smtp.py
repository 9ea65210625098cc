"""The SMTP transport against a server that does what servers should do."""

from __future__ import annotations

import pytest

from subscriptions.outgoing import Fate
from tests.fakes.smtp import FakeSmtp
from tests.subscriptions.smtp_steps import (
    Mail,
    Notes,
    fates,
    mails,
    send,
    send_over,
    transport,
)


@pytest.fixture(params=[True, False], ids=["pipelining", "step by step"])
def server(request):
    with FakeSmtp(pipelining=request.param) as running:
        running.commands, running.contents = [], []
        yield running
        assert not running.complaints


def test_every_mail_arrives_once(server):
    results = send(server.port, mails(300), sessions=4)
    assert sorted(server.recipients) == sorted(mail.recipient for mail in mails(300))
    assert set(fates(results).values()) == {Fate.ACCEPTED}
    assert len(results) == 300
    assert server.open_most <= 4


def test_the_result_names_the_server_s_own_id(server):
    results = send(server.port, mails(3))
    assert [result.detail for result in results.values()] == [
        "2.0.0 Ok: queued as Q1", "2.0.0 Ok: queued as Q2", "2.0.0 Ok: queued as Q3"
    ]  # fmt: skip


def test_the_content_arrives_as_it_is(server):
    contents = [b"A: b\r\n\r\n..dots\r\nlast\r\n", b"A: b\r\n\r\nno line end", b"x\r\n" * 900_000]
    send(server.port, [Mail(n, content=content) for n, content in enumerate(contents)])
    assert server.contents == [contents[0], contents[1] + b"\r\n", contents[2]]


def test_the_journal_hears_of_a_mail_before_and_after(server):
    journal = Notes()
    send(server.port, mails(3), journal=journal)
    assert journal.lines == [
        ("handing", 1), ("accepted", 1), ("handing", 2), ("accepted", 2),
        ("handing", 3), ("accepted", 3),
    ]  # fmt: skip


def test_sessions_stay_open_between_calls(server):
    with transport(server.port) as opened:
        for mail in mails(3):
            assert fates(send_over(opened, [mail])) == {mail.entry_id: Fate.ACCEPTED}
    assert server.connections == 1


def test_a_few_mails_need_few_sessions(server):
    send(server.port, mails(1), sessions=20)
    assert server.connections == 1


def test_without_mails_nobody_is_bothered(server):
    assert send(server.port, []) == {}
    assert server.connections == 0


def test_nothing_is_taken_when_it_may_not_go_on(server):
    left = iter(mails(5))
    with transport(server.port) as opened:
        assert list(opened.send(left, Notes(), may_go_on=lambda: False)) == []
    assert len(list(left)) == 5


def test_what_is_in_flight_is_waited_for_when_it_may_not_go_on(server):
    left, journal = iter(mails(50)), Notes()
    with transport(server.port) as opened:
        results = dict(opened.send(left, journal, may_go_on=lambda: len(server.taken) < 5))
    assert 5 <= len(server.taken) == len(results) < 50
    assert set(fates(results).values()) == {Fate.ACCEPTED}
    assert len(list(left)) + len(results) == 50


@pytest.mark.parametrize("pipelining", [True, False])
def test_the_envelope_of_the_next_mail_goes_along_with_content(pipelining):
    with FakeSmtp(pipelining=pipelining) as server:
        server.packets = []
        send(server.port, mails(2))
    ends = [packet for packet in server.packets if b"papers for you.\r\n.\r\n" in packet]
    assert ends[0].endswith(b"\r\nDATA\r\n") is pipelining


@pytest.mark.parametrize("manner", [{"byte_by_byte": True}, {"many_lines": True}])
@pytest.mark.parametrize("pipelining", [True, False])
def test_replies_may_come_in_pieces_and_in_many_lines(manner, pipelining):
    with FakeSmtp(pipelining=pipelining, **manner) as server:
        results = send(server.port, mails(50), sessions=2)
    assert set(fates(results).values()) == {Fate.ACCEPTED}
    assert len(server.taken) == 50


@pytest.mark.parametrize(
    "address",
    ["", "a b@example.net", "a@example.net>", "<a@example.net", "a@example.net\r\nRCPT TO:<x@y.z",
     "a@example.net\nDATA", "a@example.net\x00", "a\t@example.net", "a\x7f@example.net",
     "ä@example.net", "a" * 400 + "@example.net", "\ud800@example.net"],
)  # fmt: skip
def test_an_address_that_is_none_is_never_written(server, address):
    first, last = mails(2)
    bad = Mail(3)
    bad.recipient = address
    assert fates(send(server.port, [first, bad, last]))[3] is Fate.NEVER
    assert len(server.taken) == 2
    assert sum(command.startswith("MAIL") for command in server.commands) == 2


def test_a_sender_that_is_none_is_never_written(server):
    results = send(server.port, [Mail(1, sender="a@example.org>\r\nRSET")])
    assert fates(results) == {1: Fate.NEVER}


def test_a_mail_larger_than_the_server_takes_is_never_written():
    with FakeSmtp(size=500) as server:
        results = send(server.port, [Mail(1, content=b"x" * 501), Mail(2, content=b"x" * 499)])
    assert fates(results) == {1: Fate.NEVER, 2: Fate.ACCEPTED}
    assert server.taken[0].mail_from.endswith("> SIZE=499")


def test_other_letters_need_a_server_that_knows_them():
    with FakeSmtp(utf8=True) as server:
        results = send(server.port, [Mail(1), Mail(2, recipient="ä@example.net")])
    assert set(fates(results).values()) == {Fate.ACCEPTED}
    assert server.recipients[1] == "ä@example.net"
    assert [taken.mail_from.partition(">")[2] for taken in server.taken] == ["", " SMTPUTF8"]


def test_a_mail_that_cannot_be_written_is_given_up(server):
    class Broken(Mail):
        def wire(self) -> bytes:
            raise ValueError("no such header")

    results = send(server.port, [Mail(1), Broken(2), Mail(3)])
    assert fates(results) == {1: Fate.ACCEPTED, 2: Fate.NEVER, 3: Fate.ACCEPTED}


def test_trouble_of_the_caller_waits_for_what_is_in_flight(server):
    def outgoing():
        yield from mails(3)
        raise ConnectionError("the database has gone")

    results = {}
    with transport(server.port) as opened, pytest.raises(ConnectionError, match="database"):
        results.update(opened.send(outgoing(), Notes(), may_go_on=lambda: True))
    assert sorted(server.recipients) == sorted(mail.recipient for mail in mails(3))
