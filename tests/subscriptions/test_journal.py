"""What a killed process leaves on its disk, and what is read from it."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from datetime import timedelta
from math import inf
from pathlib import Path

import pytest

from subscriptions import clock, journal
from subscriptions.journal import Journal, Notes
from subscriptions.outgoing import Fate, LeaseOver, Result
from subscriptions.verdicts import UNTOUCHED, State

WAIT = timedelta(minutes=15)
OWNER = uuid.uuid4()
YES, NO, SILENCE = (Result(fate, "said\nso") for fate in (Fate.ACCEPTED, Fate.NEVER, Fate.UNKNOWN))


def left(folder: Path, *, is_over: bool = False) -> list[tuple[uuid.UUID, Notes]]:
    return list(journal.left_behind(folder, kind="letter", is_over=lambda owner: is_over))


def written(folder: Path) -> Journal:
    """A journal of four entries: accepted, refused, in doubt, and one without an answer."""
    notes = Journal(folder, kind="letter", owner=OWNER, until=inf)
    notes.handing([1, 2, 3])
    notes.answered([(1, YES), (2, NO), (3, SILENCE)])
    notes.handing([4])
    return notes


def test_a_dead_process_leaves_what_it_knew(tmp_path):
    with written(tmp_path):
        pass
    [(owner, notes)] = left(tmp_path)
    assert owner == OWNER
    assert notes.is_complete
    states = {pk: notes.verdict(pk, wait=WAIT).state for pk in range(1, 6)}
    doubt = State.UNCERTAIN
    assert states == {1: State.ACCEPTED, 2: State.PENDING, 3: doubt, 4: doubt, 5: State.PENDING}
    assert notes.verdict(1, wait=WAIT).said == "said so"
    assert notes.verdict(5, wait=WAIT) is UNTOUCHED
    assert left(tmp_path) == []


def test_a_living_process_keeps_its_journal_unless_it_slept_over_its_lease(tmp_path):
    with written(tmp_path) as notes:
        assert left(tmp_path) == []
        [(_, found)] = left(tmp_path, is_over=True)
        assert set(found.accepted) == {1}
        assert notes.path.exists()
        notes.remove()
    assert left(tmp_path) == []


def test_a_killed_process_drops_its_lock(tmp_path):
    program = (
        "import os, sys, uuid; from pathlib import Path\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'newsletter.config.settings'\n"
        "from subscriptions.journal import Journal\n"
        f"notes = Journal(Path({str(tmp_path)!r}), kind='letter', owner=uuid.uuid4(), until=1e12)\n"
        "notes.handing([7]); print('up', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2], env={**os.environ, "DEBUG": "1"},
    )  # fmt: skip
    assert process.stdout.readline() == b"up\n"
    assert left(tmp_path) == []
    process.kill()
    process.communicate()
    [(_, notes)] = left(tmp_path)
    assert notes.handed == {7}


def test_whoever_fails_while_taking_over_leaves_the_file_for_the_next(tmp_path):
    with written(tmp_path):
        pass
    found = journal.left_behind(tmp_path, kind="letter", is_over=lambda owner: False)
    next(found)
    with pytest.raises(KeyError):
        found.throw(KeyError)
    assert len(left(tmp_path)) == 1


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_line_that_was_cut_off_says_nothing(cut):
    whole = f"boot {journal.boot_id()}\n>11\n+11 queued as 5\n"
    notes = journal.read(whole.encode()[:-cut])
    assert notes.handed == {11}
    assert notes.accepted == {}


@pytest.mark.parametrize(
    "content", [b"", b"boot\n", b"boot another\n>1\n", b"\n>1\n", b"\xff\xfe\n>1\n+x\n+1"]
)
def test_a_journal_of_another_boot_or_of_none_is_not_complete(content):
    assert not journal.read(content).is_complete


def test_what_went_in_one_call_bears_its_key(tmp_path):
    key = uuid.uuid4()
    with Journal(tmp_path, kind="letter", owner=OWNER, until=inf) as notes:
        notes.handing([1, 2, 3], key=key)
        notes.handing([4])
        assert notes.keys == {1: key, 2: key, 3: key}
    [(_, found)] = left(tmp_path)
    assert found.handed == {1, 2, 3, 4}
    assert found.keys == notes.keys


def test_what_is_handed_over_anew_after_an_answer_is_in_doubt_again(tmp_path):
    with Journal(tmp_path, kind="letter", owner=OWNER, until=inf) as notes:
        notes.handing([1, 2])
        notes.answered([(1, NO), (2, NO)])
        notes.handing([1])
        assert set(notes.results) == {2}
    [(_, found)] = left(tmp_path)
    assert (found.answered, found.refused) == ({2}, {2})
    assert found.verdict(1, wait=WAIT).state == State.UNCERTAIN


def test_what_nobody_was_there_to_hear_was_not_handed_over(tmp_path):
    with Journal(tmp_path, kind="letter", owner=OWNER, until=inf) as notes:
        notes.handing([1])
        notes.answered([(1, Result(Fate.UNTOUCHED, "away"))])
    [(_, found)] = left(tmp_path)
    assert found.verdict(1, wait=WAIT) is UNTOUCHED


def test_other_files_are_left_alone(tmp_path, caplog):
    (tmp_path / "mark").write_text("5")
    (tmp_path / "letter.no-claim").write_text("?")
    assert left(tmp_path) == []
    assert "no journal" in caplog.text
    assert len(list(tmp_path.iterdir())) == 2


def test_a_full_disk_is_an_error_before_anything_is_handed_over(tmp_path, monkeypatch):
    with Journal(tmp_path, kind="letter", owner=OWNER, until=inf) as notes:
        monkeypatch.setattr(journal.os, "write", lambda file, lines: len(lines) - 1)
        with pytest.raises(OSError, match="is full"):
            notes.handing([1])
        with pytest.raises(OSError, match="is full"):
            Journal(tmp_path, kind="letter", owner=uuid.uuid4(), until=inf)
        assert list(tmp_path.iterdir()) == [notes.path]
        assert notes.handed == set()


def test_nothing_is_handed_over_once_the_lease_is_over(tmp_path):
    with Journal(tmp_path, kind="letter", owner=OWNER, until=clock.seconds() - 1) as notes:
        with pytest.raises(LeaseOver):
            notes.handing([1])
        assert notes.handed == set()
