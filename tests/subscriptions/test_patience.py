"""A database that hangs is given up; one that answers is not touched."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection

from subscriptions.patience import limited

pytestmark = pytest.mark.django_db(transaction=True)
needs_a_server = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite runs in this process"
)


def ask(question: str = "SELECT 1") -> int:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return int(cursor.fetchone()[0])


@contextmanager
def hanging():
    """Stop the process that serves our connection, as on a machine that is out of memory."""
    server = ask("SELECT pg_backend_pid()")
    os.kill(server, signal.SIGSTOP)
    try:
        yield server
    finally:
        os.kill(server, signal.SIGCONT)


def test_who_answers_in_time_is_asked_again_on_the_same_connection():
    ask()
    before = connection.connection
    with limited(5):
        assert ask() == 1
    assert ask() == 1
    assert connection.connection is before


@needs_a_server
def test_a_question_that_takes_too_long_fails():
    with pytest.raises(OperationalError), limited(0.2):
        ask("SELECT 1 FROM pg_sleep(3)")


@needs_a_server
def test_a_server_that_hangs_is_given_up():
    with hanging(), pytest.raises(OperationalError), limited(0.2):
        ask()


@needs_a_server
def test_a_connection_that_hangs_between_two_requests_is_replaced():
    with hanging() as server:
        connection.health_check_enabled, connection.health_check_done = True, False  # as Django's
        with limited(0.2):
            assert ask("SELECT pg_backend_pid()") != server


@needs_a_server
def test_the_limit_does_not_outlive_the_block():
    with limited(0.2):
        ask()
    assert ask("SELECT 1 FROM pg_sleep(0.4)") == 1
