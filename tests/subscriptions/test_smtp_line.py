"""A socket that never blocks."""

from __future__ import annotations

import socket

import pytest

from subscriptions.smtp.line import Line, Lost


@pytest.fixture
def ends():
    """A line, and the socket at its other end."""
    ours, other = socket.socketpair()
    ours.setblocking(False)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    other.settimeout(5)
    line = Line(ours)
    with other:
        yield line, other
    line.close()


def test_what_does_not_go_out_at_once_goes_out_later_and_in_order(ends):
    line, other = ends
    content = bytes(range(256)) * 1000
    line.write(content, b".\r\n")
    assert line.has_unsent
    assert line.waits_to_write
    line.write(b"QUIT")
    received = b""
    while len(received) < len(content) + 7:
        received += other.recv(65_536)
        line.flush()
    assert received == content + b".\r\nQUIT"
    assert not line.has_unsent


def test_nothing_there_is_nothing_read(ends):
    line, other = ends
    assert line.read() == b""
    other.send(b"250 Ok\r\n")
    assert line.read() == b"250 Ok\r\n"


def test_the_end_is_noticed(ends):
    line, other = ends
    other.close()
    with pytest.raises(Lost, match="closed"):
        line.read()
    with pytest.raises(Lost):
        line.write(b"MAIL")


def test_the_end_is_noticed_in_the_middle(ends):
    line, other = ends
    line.write(b"x" * 1_000_000)
    other.close()
    with pytest.raises(Lost):
        line.flush()
