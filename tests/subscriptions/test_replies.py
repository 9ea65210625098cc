"""Replies of SMTP servers, cut apart and understood."""

from __future__ import annotations

import pytest

from subscriptions.outgoing import Fate
from subscriptions.replies import GARBLED, LONGEST, Replies, Reply, fate_of, result_of

READER = "ada@example.net"


@pytest.mark.parametrize(
    ("said", "fate"),
    [
        ("250 2.0.0 Ok: queued as A1", Fate.ACCEPTED),
        ("252 perhaps", Fate.ACCEPTED),
        ("421 4.3.2 shutting down", Fate.LATER),
        ("450 4.2.2 mailbox full", Fate.LATER),
        ("530 5.7.0 sign in first", Fate.LATER),
        ("535 who are you", Fate.LATER),
        ("550 5.1.1 no such user", Fate.NEVER),
        ("550 no such user", Fate.NEVER),
        ("552 5.3.4 too big", Fate.NEVER),
        ("550 5.4.5 daily quota exceeded", Fate.LATER),
        ("550 5.7.1 blocked for policy", Fate.LATER),
        ("554 5.7.515 sender not authenticated", Fate.LATER),
        ("550 see http://example.org/15.7.1.2", Fate.NEVER),
        ("354 go on", Fate.UNKNOWN),
    ],
)
def test_only_a_clear_no_is_a_no(said, fate):
    [reply] = Replies().feed(f"{said}\r\n".encode())
    assert fate_of(reply) is fate


def test_a_garbled_answer_says_nothing():
    [reply] = Replies().feed(b"25O Ok\r\n")
    assert reply.code == GARBLED
    assert fate_of(reply) is Fate.UNKNOWN


def test_replies_are_the_same_in_whatever_pieces_they_come():
    said = b"250-2.1.0 so\r\n250-\r\n250 2.1.0 it is\r\n354 go on\r\n250\r\n"
    whole = Replies().feed(said)
    cut = Replies()
    pieces = [reply for octet in said for reply in cut.feed(bytes([octet]))]
    assert pieces == whole
    assert whole == [Reply(250, "2.1.0 so  2.1.0 it is"), Reply(354, "go on"), Reply(250, "")]


def test_lines_of_one_reply_must_have_one_code():
    [reply, after] = Replies().feed(b"250-so\r\n550 no\r\n250 Ok\r\n")
    assert (reply.code, after) == (GARBLED, Reply(250, "Ok"))


def test_a_reply_that_does_not_end_is_garbled():
    replies = Replies()
    assert not replies.feed(b"250-" + b"x" * 1000)
    [reply] = replies.feed(b"x" * LONGEST)
    assert reply.code == GARBLED
    [reply] = replies.feed(b"\r\n" + b"250-x\r\n" * LONGEST)[-1:]
    assert reply.code == GARBLED


def test_what_a_server_says_can_be_stored_and_logged():
    [reply] = Replies().feed(b"550 \x00\x1b[31m\xff no\x85\r\n")
    assert reply.text.isprintable()


def test_the_answer_to_mail_is_about_us():
    reply = Reply(550, "5.1.8 unknown sender")
    assert result_of(reply, to="MAIL", recipient=READER).fate is Fate.LATER
    assert result_of(reply, to="RCPT", recipient=READER).fate is Fate.NEVER


def test_the_detail_of_an_accepted_mail_names_the_queue():
    result = result_of(Reply(250, f"2.0.0 <Ada@example.net> queued as {'9' * 200}"), to="content",
                       recipient=READER)  # fmt: skip
    assert result.detail.startswith("2.0.0 <[address]> queued as 9")
    assert len(result.detail) == 100


def test_the_detail_of_a_refusal_does_not_know_the_reader():
    reply = Reply(550, f"5.1.1 <ADA@Example.net> is unknown {'x' * 600}")
    result = result_of(reply, to="RCPT", recipient=READER)
    assert result.detail.startswith("RCPT: 550 5.1.1 <[address]> is unknown x")
    assert len(result.detail) == 500
