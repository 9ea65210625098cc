"""The SMTP transport against a server that fails, at every point where one can."""

from __future__ import annotations

import pytest

from subscriptions.outgoing import Fate, Unreachable
from tests.fakes.smtp import FakeSmtp, Fault
from tests.subscriptions.smtp_steps import (
    Mail,
    Notes,
    collect,
    fates,
    mails,
    read_notes,
    send,
    send_over,
    start_worker,
    transport,
    wait_until,
)

TAKEN, LATER, NEVER, UNKNOWN = Fate.ACCEPTED, Fate.LATER, Fate.NEVER, Fate.UNKNOWN
SECOND = "reader2@"  # in the middle of three


@pytest.fixture(params=[True, False], ids=["pipelining", "step by step"])
def serve(request):
    """A server with these faults; whatever it is told, we keep to the order of commands."""

    def make(*faults: Fault, **manner) -> FakeSmtp:
        return FakeSmtp(faults, pipelining=request.param, **manner)

    return make


@pytest.mark.parametrize(
    ("at", "reply", "fate"),
    [
        ("RCPT", "550 5.1.1 no such user", NEVER),
        ("RCPT", "450 4.2.2 mailbox full", LATER),
        ("RCPT", "550 5.7.1 blocked for policy", LATER),
        ("DATA", "554 5.6.0 not this one", NEVER),
        ("DATA", "451 4.3.0 not now", LATER),
        ("DOT", "554 5.6.0 a virus", NEVER),
        ("DOT", "452 4.3.1 disk full", LATER),
        ("DOT", "550-5.7.1 so\r\n550 5.7.1 and so", LATER),
        ("TAKEN", "299 perhaps", TAKEN),
        ("TAKEN", "354 what", UNKNOWN),
    ],
)
def test_a_refused_mail_does_not_hinder_the_next(serve, at, reply, fate):
    journal = Notes()
    with serve(Fault(at, reply, only=SECOND)) as server:
        results = send(server.port, mails(3), journal=journal)
    assert fates(results) == {1: TAKEN, 2: fate, 3: TAKEN}
    assert not server.complaints
    assert server.connections == 1
    assert server.empties == 0
    handed = at in ("DOT", "TAKEN")
    assert journal.of(2) == (["handing"] if handed else []) + [fate.value]


def test_a_refused_sender_is_about_us(serve):
    with serve(Fault("MAIL", "550 5.1.8 we do not know you", after=1)) as server:
        results = send(server.port, mails(3))
    assert fates(results) == {1: TAKEN, 2: LATER, 3: LATER}
    assert results[2].detail == "MAIL: 550 5.1.8 we do not know you"
    assert server.connections == 1


def test_the_detail_of_a_refusal_does_not_name_the_reader(serve):
    with serve(Fault("RCPT", "550 <READER1@example.net> is unknown")) as server:
        results = send(server.port, mails(1))
    assert results[1].detail == "RCPT: 550 <[address]> is unknown"


def test_content_that_was_allowed_for_nobody_is_not_sent():
    faults = [Fault("RCPT", "550 5.1.1 no", only=SECOND)]
    with FakeSmtp(faults, data_anyway=True) as server:
        server.commands = []
        results = send(server.port, mails(4))
    assert fates(results) == {1: TAKEN, 2: NEVER, 3: TAKEN, 4: TAKEN}
    assert (server.empties, server.connections, server.complaints) == (0, 1, [])


def test_a_server_that_takes_mail_for_nobody_is_spoken_to_step_by_step():
    faults = [Fault("RCPT", "550 5.1.1 no", only=SECOND)]
    careless = FakeSmtp(faults, data_anyway=True, takes_nothing=True)
    with careless as server, transport(server.port) as opened:
        results = send_over(opened, mails(4))
        server.commands = []
        send_over(opened, [Mail(2), Mail(5)])
    assert fates(results) == {1: TAKEN, 2: NEVER, 3: TAKEN, 4: TAKEN}
    assert server.empties == 1
    assert [command[:4] for command in server.commands[:4]] == ["MAIL", "RCPT", "RSET", "MAIL"]


def test_no_empty_mail_is_sent_when_only_the_sender_was_refused():
    refuses = Fault("MAIL", "550 5.7.1 no", after=1)
    with FakeSmtp([refuses], rcpt_anyway=True, takes_nothing=True) as server:
        results = send(server.port, mails(2))
    assert fates(results) == {1: TAKEN, 2: LATER}
    assert (server.empties, len(server.taken)) == (0, 1)


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize("reply", ["", "421 4.3.2 shutting down", "25O what"])
def test_a_mail_whose_content_was_not_begun_goes_over_another_connection(serve, at, then, reply):
    journal = Notes()
    with serve(Fault(at, reply, then=then, after=2)) as server:
        results = send(server.port, mails(7), journal=journal)
    assert set(fates(results).values()) == {TAKEN}
    assert sorted(server.recipients) == sorted(mail.recipient for mail in mails(7))
    assert all(journal.of(number) == ["handing", "accepted"] for number in range(1, 8))


def test_a_mail_under_which_connections_are_lost_again_and_again_is_put_off(serve):
    with serve(Fault("RCPT", "421 4.7.0 go away", then="close", only=SECOND)) as server:
        results = send(server.port, mails(3))
    assert fates(results) == {1: TAKEN, 2: LATER, 3: TAKEN}
    assert "421 4.7.0 go away" in results[2].detail


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize(("at", "copies"), [("CONTENT", 0), ("DOT", 0), ("TAKEN", 1)])
def test_a_mail_whose_answer_was_lost_is_in_doubt(serve, at, copies, then):
    journal = Notes()
    with serve(Fault(at, then=then, only=SECOND)) as server:
        results = send(server.port, mails(3), journal=journal)
    assert fates(results) == {1: TAKEN, 2: UNKNOWN, 3: TAKEN}
    assert server.recipients.count("reader2@example.net") == copies
    assert journal.of(2) == ["handing", "unknown"]


def test_a_large_mail_that_is_cut_off_is_in_doubt(serve):
    with serve(Fault("CONTENT", then="reset")) as server:
        results = send(server.port, [Mail(1, content=b"x" * 20_000_000)])
    assert fates(results) == {1: UNKNOWN}
    assert not server.taken


def test_a_no_before_the_end_of_the_content_is_a_no(serve):
    with serve(Fault("CONTENT", "552 5.3.4 too big", then="hang")) as server:
        results = send(server.port, [Mail(1, content=b"x" * 20_000_000)])
    assert fates(results) == {1: NEVER}


def test_a_mail_that_was_refused_half_way_does_not_hold_up_the_next(serve):
    with serve(Fault("CONTENT", "552 5.3.4 too big", then="hang", only="reader1@")) as server:
        outgoing = [Mail(1, content=b"x" * 20_000_000), Mail(2)]
        results = send(server.port, outgoing, timeout=100)
    assert fates(results) == {1: NEVER, 2: TAKEN}


def test_a_server_that_is_about_to_hang_up_gets_no_more_mails(serve):
    with serve(Fault("DOT", "421 4.7.0 enough", only=SECOND)) as server:
        results = send(server.port, mails(3))
    assert fates(results) == {1: TAKEN, 2: LATER, 3: TAKEN}
    assert server.connections == 2


def test_a_yes_before_the_end_of_the_content_is_not_believed(serve):
    with serve(Fault("CONTENT", "250 Ok", then="hang")) as server:
        results = send(server.port, [Mail(1, content=b"x" * 20_000_000)])
    assert fates(results) == {1: UNKNOWN}


@pytest.mark.parametrize("reply", ["25O Ok", "250-Ok\r\n251 Ok", "\x00\x01", "OK"])
def test_a_garbled_answer_leaves_the_mail_in_doubt(serve, reply):
    with serve(Fault("TAKEN", reply, only=SECOND)) as server:
        results = send(server.port, mails(3))
    assert fates(results) == {1: TAKEN, 2: UNKNOWN, 3: TAKEN}
    assert len(server.taken) == 3


def test_an_answer_that_nobody_asked_for_ends_the_session(serve):
    with serve(Fault("ANSWERED", "250 Ok\r\n250 Ok", only=SECOND)) as server:
        results = send(server.port, mails(5))
    assert [*fates(results).values()].count(TAKEN) == len(server.taken) == 5
    assert server.connections == 2


@pytest.mark.parametrize("after", [1, 3])
@pytest.mark.parametrize("reply", ["", "421 4.7.0 enough for now"])
def test_a_server_that_closes_after_some_mails_gets_them_all(serve, after, reply):
    with serve(Fault("ANSWERED", reply, then="close", after=after)) as server:
        results = send(server.port, mails(30), sessions=3)
    assert set(fates(results).values()) == {TAKEN}
    assert len(server.taken) == 30


def test_silence_after_the_content_leaves_the_mail_in_doubt(serve):
    with serve(Fault("TAKEN", then="hang", only=SECOND)) as server:
        results = send(server.port, mails(3), timeout=0.7)
    assert fates(results) == {1: TAKEN, 2: UNKNOWN, 3: TAKEN}
    assert results[2].detail == "no answer: time-out"


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA"])
def test_silence_before_the_content_sends_the_mail_over_another_connection(serve, at):
    with serve(Fault(at, then="hang", after=1)) as server:
        results = send(server.port, mails(3), timeout=0.7)
    assert fates(results) == {1: TAKEN, 2: TAKEN, 3: TAKEN}
    assert server.connections == 3


@pytest.mark.parametrize("sessions", [1, 5])
def test_at_most_one_mail_a_session_is_handed_over_without_an_answer(serve, sessions):
    journal = Notes()
    with serve(Fault("TAKEN", then="hang", after=7)) as server:
        outgoing = mails(30 * sessions)
        results = send(server.port, outgoing, sessions=sessions, timeout=0.3, journal=journal)
    assert set(fates(results).values()) == {TAKEN, UNKNOWN}
    assert journal.in_doubt_most <= sessions


def test_a_killed_process_leaves_at_most_one_mail_a_session_in_doubt(serve, tmp_path):
    with serve(Fault("TAKEN", then="hang", after=5)) as server:
        worker = start_worker(server.port, sessions=4, count=500, notes=tmp_path / "notes")
        wait_until(lambda: len(server.taken) == 4 * 5)
        worker.kill()
        worker.wait()
    handed, answered = read_notes(tmp_path / "notes")
    assert len(handed - answered) == 4
    assert len(handed) == len(server.taken) == 20


@pytest.mark.parametrize("full_after", [0, 1, 9, 40])
def test_without_room_for_a_note_nothing_is_handed_over(serve, full_after):
    journal, results = Notes(full_after=full_after), {}
    full = pytest.raises(OSError, match="No space left")
    with serve() as server, transport(server.port, sessions=3) as opened, full:
        collect(opened.send(iter(mails(50)), journal, may_go_on=lambda: True), results)
    noted = {entry_id for word, entry_id in journal.lines if word == "handing"}
    assert {entry_id for entry_id, fate in fates(results).items() if fate is TAKEN} == noted
    assert Fate.UNTOUCHED in fates(results).values()
    assert len(server.taken) == len(noted)
    assert server.empties == 0


def test_nothing_is_handed_over_after_a_note_failed_even_if_there_is_room_again(serve):
    journal, results = Notes(full_after=20, full_for=1), {}
    full = pytest.raises(OSError, match="No space left")
    with serve(replies_after=0.01) as server, transport(server.port, sessions=3) as opened, full:
        collect(opened.send(iter(mails(50)), journal, may_go_on=lambda: True), results)
    assert ("handing", 50) not in journal.lines
    assert {word for word, _ in journal.lines[20:]} <= {"accepted"}


def test_a_server_that_goes_away_for_good_leaves_the_rest_untouched(serve):
    journal, results = Notes(), {}
    gone = pytest.raises(Unreachable, match="421 no")
    five = Fault("DATA", then="close", after=5)
    with serve(five) as server, transport(server.port) as opened, gone:
        sending = opened.send(iter(mails(9)), journal, may_go_on=lambda: True)
        results.update([next(sending)])
        server.faults = [five, Fault("GREETING", "421 no", then="close")]
        collect(sending, results)
    assert [*fates(results).values()] == [*[TAKEN] * 5, Fate.UNTOUCHED]
    assert journal.of(6) == []
