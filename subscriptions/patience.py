"""A limit to how long the database is waited for, also where it hangs and answers nothing."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer

from django.db import OperationalError, connection


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Let whatever asks the database in here fail once it has taken so many seconds.

    A timeout of the server would not do: a server that hangs does not look at its clock.  So
    the connection is cut, and no transaction survives it.  SQLite has no server, and no limit.

    Raises:
        OperationalError: the database did not answer in time.  To connect takes up to
            `CONNECT_SECONDS` of newsletter.config.environment, which are not counted here.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with _cut_after(seconds):
        connection.close_if_health_check_failed()  # or one that hangs is replaced, unwatched
    try:
        with _cut_after(seconds):
            yield
    except OperationalError:
        connection.close()  # whoever asks next gets one that is whole
        raise


@contextmanager
def _cut_after(seconds: float) -> Iterator[None]:
    connection.ensure_connection()
    # A descriptor of our own cannot come to mean another connection.
    with socket.socket(fileno=os.dup(connection.connection.fileno())) as line:
        timer = Timer(seconds, _cut, [line])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):  # closed in the last moment
        line.shutdown(socket.SHUT_RDWR)
