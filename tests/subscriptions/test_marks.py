from __future__ import annotations

import uuid
from functools import partial
from pathlib import Path

import pytest

from newsletter.demo.processes import free_port
from papers import broker
from subscriptions import marks
from tests.newsletter.test_issues_workers import in_threads


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    settings.JOURNAL_DIR = str(tmp_path / "journal")
    return tmp_path / "journal"


@pytest.fixture
def identity():
    ours = uuid.uuid4()
    yield ours
    broker.ask(lambda redis: redis.zrem(marks.KEY, ours.hex))


@pytest.fixture
def no_redis(settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"


def test_marks_only_rise_and_are_kept_by_identity(identity):
    assert marks.highest(identity) == 0
    for mark in (5, 12, 7):
        marks.lift(identity, mark)
    assert marks.highest(identity) == 12
    assert marks.highest(uuid.uuid4()) == 0


def test_the_file_alone_is_enough(identity, no_redis):
    marks.lift(identity, 5)
    assert marks.highest(identity) == 5


def test_redis_alone_is_enough(identity, folder):
    marks.lift(identity, 5)
    [file] = folder.iterdir()
    file.unlink()
    assert marks.highest(identity) == 5


def test_a_folder_that_cannot_be_written_costs_a_warning(identity, settings, tmp_path, caplog):
    (tmp_path / "file").touch()
    settings.JOURNAL_DIR = str(tmp_path / "file")
    marks.lift(identity, 5)
    assert marks.highest(identity) == 5  # from Redis
    assert "cannot be written" in caplog.text


@pytest.mark.parametrize("content", [b"", b"\0" * 20, b"12\n34"])
def test_a_broken_file_counts_for_nothing_and_is_mended(identity, folder, no_redis, content):
    marks.lift(identity, 9)
    [file] = folder.iterdir()
    file.write_bytes(content)
    assert marks.highest(identity) == 0
    marks.lift(identity, 10)
    assert marks.highest(identity) == 10


def test_many_at_once_leave_the_highest(identity, no_redis):
    in_threads([partial(marks.lift, identity, mark) for mark in range(1, 30)])
    assert marks.highest(identity) == 29
