"""What one process handed to the mail service, noted on its own disk at once.

Recording every answer in the database one by one would cap the rate at that of its commits,
and recording them by the hundred widens the window of doubt. So results go to the database
in chunks, and each hand-over and each answer is also appended here, with one unbuffered
write. When a process is killed, the next sweep on the machine reads its file and knows what
the server took: docs/decisions/0008-journal.md.

A file belongs to one claim, and its writer holds a lock on it. The kernel drops the lock
when the process dies, so a file that can be locked is one that nobody writes any more.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from subscriptions import clock
from subscriptions.outgoing import Fate, LeaseOver, Result
from subscriptions.verdicts import NO_ANSWER, UNTOUCHED, State, Verdict

logger = logging.getLogger(__name__)

BOOT = Path("/proc/sys/kernel/random/boot_id")
MARKS = {
    Fate.LATER: "-",
    Fate.NEVER: "-",
    Fate.UNKNOWN: "?",
    Fate.UNTOUCHED: "=",  # it was not handed over after all
}
HANDED = re.compile(r">(?P<ids>[\d ]+)(?: key=(?P<key>[\da-f]{32}))?", re.ASCII)
ANSWERED = re.compile(r"(?P<mark>[-+?=])(?P<id>\d+)(?: (?P<said>.*))?", re.ASCII)


def boot_id() -> str:
    """What changes when the machine starts anew; empty where nothing says it."""
    try:
        return BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Notes:
    """What a file says of its claim."""

    is_complete: bool  # False: the machine crashed since, so lines may be missing
    handed: frozenset[int] = frozenset()
    accepted: dict[int, str] = field(default_factory=dict)  # what the server said
    refused: frozenset[int] = frozenset()
    keys: dict[int, UUID] = field(default_factory=dict)  # of the calls, where they have any

    @property
    def answered(self) -> set[int]:
        return {*self.accepted, *self.refused}

    def verdict(self, entry_id: int, *, wait: timedelta) -> Verdict:
        """What is known of an entry that was being attempted."""
        if entry_id in self.accepted:
            return Verdict(State.ACCEPTED, self.accepted[entry_id])
        if entry_id in self.refused:
            return Verdict(State.PENDING, "the worker died after it was refused")
        if entry_id in self.handed:
            return Verdict(State.UNCERTAIN, NO_ANSWER, wait)
        return UNTOUCHED


class Journal:
    """The open file of one claim; also remembers what it wrote.

    Args:
        until: the end of the claim's lease, or a little before, on `clock.seconds`.

    Raises:
        OSError: it cannot be written, so nothing may be handed over.
    """

    def __init__(self, folder: Path, *, kind: str, owner: UUID, until: float) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._until = until
        self.handed: set[int] = set()
        self.results: dict[int, Result] = {}  # what was said last
        self.keys: dict[int, UUID] = {}  # of the call that it went in last
        self._calls: dict[int, int] = {}  # entry -> number of the call it went in
        self._last_call = 0
        self.path = folder / f"{kind}.{owner.hex}"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        self._file = os.open(self.path, flags, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._append(f"boot {boot_id()}\n".encode())
        except OSError:
            os.close(self._file)
            self.remove()
            raise

    @property
    def failures(self) -> int:
        """How many calls came to nothing; a call with many mails is one."""
        failed = {pk for pk, r in self.results.items() if r.fate in {Fate.LATER, Fate.UNKNOWN}}
        return len({self._calls.get(pk, -pk) for pk in failed})  # or it did not come so far

    def handing(self, entry_ids: Iterable[int], *, key: UUID | None = None) -> None:
        """Note that the service can take these from now on, in one call."""
        if clock.seconds() >= self._until:
            raise LeaseOver
        ids = list(entry_ids)
        of_call = f" key={key.hex}" if key else ""
        self._append(f">{' '.join(map(str, ids))}{of_call}\n".encode())
        self.handed.update(ids)
        for pk in ids:
            self.results.pop(pk, None)
        if key:
            self.keys.update(dict.fromkeys(ids, key))
        self._last_call += 1
        self._calls.update(dict.fromkeys(ids, self._last_call))

    def answered(self, results: Iterable[tuple[int, Result]]) -> None:
        """Note what the service said of these."""
        lines = []
        for pk, result in results:
            self.results[pk] = result
            lines.append(_line(pk, result))
        self._append("".join(lines).encode(errors="replace"))

    def remove(self) -> None:
        """Everything is in the database now."""
        with suppress(FileNotFoundError):
            self.path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)  # and with it goes the lock

    def _append(self, lines: bytes) -> None:
        written = os.write(self._file, lines)
        if written != len(lines):
            raise OSError(f"the disk of {self.path.parent} is full")


def left_behind(
    folder: Path, *, kind: str, is_over: Callable[[UUID], bool]
) -> Iterator[tuple[UUID, Notes]]:
    """Yield the claims whose process died, with its notes; then delete each file.

    A file is kept if the caller fails between. A process that lives and slept over its
    lease (`is_over`) hands nothing over any more, so its notes are complete as well.
    """
    for path in sorted(folder.glob(f"{kind}.*")):
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:  # another sweep was quicker
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            owner = UUID(path.suffix[1:])
            if path.exists():  # whoever held the lock may have deleted it
                yield owner, read(path.read_bytes())
                path.unlink(missing_ok=True)
        except BlockingIOError:  # its process lives, and will delete the file
            if is_over(UUID(path.suffix[1:])):
                yield UUID(path.suffix[1:]), read(path.read_bytes())
        except ValueError:
            logger.warning("no journal: %s", path)
        finally:
            os.close(file)


def read(content: bytes) -> Notes:
    """Parse a journal: what stands last counts; a last line that was cut off says nothing."""
    handed: dict[int, UUID | None] = {}
    answers: dict[int, tuple[str, str]] = {}  # entry -> mark, what was said
    first, *lines = content.decode(errors="replace").split("\n")[:-1] or [""]
    for line in lines:
        if found := HANDED.fullmatch(line):
            key = UUID(found["key"]) if found["key"] else None
            for pk in map(int, found["ids"].split()):
                handed[pk] = key
                answers.pop(pk, None)
        elif found := ANSWERED.fullmatch(line):
            answers[int(found["id"])] = found["mark"], found["said"] or ""
    by_mark = {mark: {pk for pk, said in answers.items() if said[0] == mark} for mark in "+-="}
    return Notes(
        is_complete=bool(boot_id()) and first == f"boot {boot_id()}",
        handed=frozenset(handed.keys() - by_mark["="]),
        accepted={pk: answers[pk][1] for pk in by_mark["+"]},
        refused=frozenset(by_mark["-"]),
        keys={pk: key for pk, key in handed.items() if key},
    )


def _line(pk: int, result: Result) -> str:
    if result.fate is Fate.ACCEPTED:
        return f"+{pk} {' '.join(result.detail.split())}\n"
    return f"{MARKS[result.fate]}{pk} \n"
