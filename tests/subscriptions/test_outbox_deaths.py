"""A process that died left a journal, and the next sweep on its machine reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import DatabaseError
from django.db.models.functions import Now

from subscriptions import outbox
from subscriptions.ledger import EntryQuerySet
from subscriptions.models import Letter
from subscriptions.verdicts import State
from tests.subscriptions.ledger_steps import SECOND
from tests.subscriptions.outbox_steps import (
    BUSY,
    NO,
    YES,
    post,
)


def journals(settings) -> list[Path]:
    return list(Path(settings.JOURNAL_DIR).glob("letter.*"))


class Killed(BaseException):
    """The process ends here, and writes nothing any more."""


@pytest.fixture
def dies(monkeypatch):
    """Let the process die when it wants to record a chunk."""

    def record(*args):
        raise Killed

    def die() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(EntryQuerySet, "record", record)
            patch.setattr(EntryQuerySet, "abandon", record)
            with pytest.raises(Killed):
                post()

    return die


def test_what_a_dead_process_had_handed_over_is_known(make_letter, states, way, dies, settings):
    for _ in range(10):
        make_letter()
    way.answers = [YES, YES, BUSY, NO, YES, None]
    dies()
    assert states() == {State.ATTEMPTING: 10}
    outbox.sweep(Letter.objects.all())
    assert states() == {State.ACCEPTED: 3, State.PENDING: 6, State.UNCERTAIN: 1}
    assert Letter.objects.filter(attempts=0).count() == 4  # never handed over
    assert journals(settings) == []
    post()
    assert states() == {State.ACCEPTED: 9, State.UNCERTAIN: 1}
    assert len(way.taken) == len(set(way.taken)) == 10


def test_after_a_crash_of_the_machine_silence_of_the_journal_means_nothing(
    make_letter, states, way, dies, settings
):
    for _ in range(4):
        make_letter()
    way.answers = [YES, None]
    dies()
    [path] = journals(settings)
    _, *lines = path.read_text().split("\n")
    path.write_text("\n".join(["boot of-another-life", *lines]))
    outbox.sweep(Letter.objects.all())
    assert states() == {State.ACCEPTED: 1, State.ATTEMPTING: 3}
    Letter.objects.update(lease_until=Now() - SECOND)
    outbox.sweep(Letter.objects.all())
    assert states() == {State.ACCEPTED: 1, State.UNCERTAIN: 3}


def test_what_could_not_be_recorded_is_taken_over_by_the_next_sweep(
    make_letter, states, way, monkeypatch
):
    for _ in range(3):
        make_letter()

    def fail(*args):
        raise DatabaseError("the server went away")

    with monkeypatch.context() as patch:
        patch.setattr(EntryQuerySet, "record", fail)
        with pytest.raises(DatabaseError):
            post()
    outbox.sweep(Letter.objects.all())
    assert states() == {State.ACCEPTED: 3}
