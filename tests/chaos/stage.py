"""One issue being sent by real processes to a server that keeps its own log."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from types import TracebackType
from typing import Self

from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from newsletter import invariants
from newsletter.demo.processes import Processes
from newsletter.models import Delivery, Issue
from subscriptions.verdicts import State
from tests.chaos import content, groups
from tests.chaos.books import Books
from tests.chaos.groups import Group, in_doubt
from tests.chaos.row import Row
from tests.chaos.servers import Servers, TooSlow, wait_until
from tests.chaos.ways_out import WayOut

UNSETTLED = (
    State.PENDING, State.CLAIMED, State.ATTEMPTING, State.DEFERRED, State.UNCERTAIN,
)  # fmt: skip
TAKEN = {State.ACCEPTED, State.UNCERTAIN, State.PARKED, State.SKIPPED}


class Stage:
    """Everything that one scene needs; all of it ends with the scene.

    Args:
        recipients: how many readers the issue has.
        way: the server that takes the mails.
        modules: loaded into the workers, to break the product there.
        children: of each worker.
        settings: environment of workers and beat.
    """

    def __init__(
        self,
        servers: Servers,
        way: WayOut,
        *,
        recipients: int,
        modules: tuple[str, ...] = (),
        children: int = 2,
        **settings: object,
    ) -> None:
        self.servers, self.way, self.children = servers, way, children
        self.chance = servers.chance
        self.modules = ",".join(modules)
        self.groups: list[Group] = []
        self.leaving: list[Group] = []  # told to go, and not to be broken any more
        self.beats: list[Processes] = []
        self.doubts: Counter[str] = Counter()
        self.in_doubt_each: list[int] = []  # mails, at each kill
        self._serial = count(1)
        way.start(servers.folder)
        self.log = way.log
        chosen = {name: str(value) for name, value in settings.items()}
        self.environment = {**os.environ, **way.environment, **chosen}
        self.picks = content.make_papers()
        self.readers = content.make_readers(recipients)
        self.issue = content.make_issue(self.readers, self.picks)
        self.recipient_of = recipients_of(self.issue)
        self.began = time.monotonic()

    # --- processes ----------------------------------------------------------------------

    def start_group(self, **settings: object) -> Group:
        """Start a worker; it is not ready yet when this returns."""
        group = Group(
            f"worker{next(self._serial)}",
            logs=self.servers.folder / "logs",
            environment={**self.environment, **{k: str(v) for k, v in settings.items()}},
            children=self.children,
            modules=self.modules,
        )
        self.groups.append(group)
        return group

    def start(self, number: int = 1, *, beats: int = 1) -> None:
        """Start so many workers and beats, and wait for the workers."""
        for _ in range(beats):
            self.start_beat()
        for group in [self.start_group() for _ in range(number)]:
            group.wait_until_ready()

    def start_beat(self) -> None:
        name = f"beat{len(self.beats)}"
        beat = Processes(logs=self.servers.folder / "logs", environment=self.environment)
        schedule = str(self.servers.folder / name)
        beat.start(
            name, ["celery", "-A", "newsletter.config", "beat", "-s", schedule, "--pidfile="]
        )
        self.beats.append(beat)

    def busy_group(self, *, seconds: float = 60) -> Group:
        """Any group that is in the middle of a chunk."""
        found: list[Group] = []

        def look() -> bool:
            group = groups.choose(self.chance, self.groups)
            found.extend([group] if group else [])
            return group is not None

        wait_until(look, seconds=seconds, what="a worker hands mails over")
        return found[0]

    # --- faults -------------------------------------------------------------------------

    def moments(self, number: int, *, until: float = 0.9) -> Iterator[int]:
        """Yield when a random number of mails was accepted, `number` times, in order."""
        whole = len(self.recipient_of)
        for mails in sorted(self.chance.uniform(0.02, until) * whole for _ in range(number)):
            wait_until(
                lambda mails=mails: self.log.count() >= mails,
                seconds=90,
                what=f"{mails:.0f} mails were accepted ({self.log.count()} are)",
            )
            time.sleep(self.chance.uniform(0, 0.05))
            yield int(mails)

    def note_doubt(self, group: Group, pids: list[int], *, with_disk: bool = False) -> None:
        """Write down what is in doubt when these frozen processes die."""
        ids = in_doubt(pids, group.journals, even_answered=with_disk)
        # Mails of other issues are counted as a whole, where there are any.
        self.doubts.update(self.recipient_of[pk] for pk in ids & self.recipient_of.keys())
        self.in_doubt_each.append(len(ids))

    def kill(self, group: Group, *, with_disk: bool = False) -> None:
        """kill -9 of a whole group, all of it at one moment.

        Args:
            with_disk: nobody will read its journals, so all that it handed over is in doubt.
        """
        group.freeze()
        self.note_doubt(group, group.children(), with_disk=with_disk)
        group.kill()
        self.groups.remove(group)

    # --- the end ------------------------------------------------------------------------

    def settle(self, *, seconds: float = 200, hasten: bool = False) -> None:
        """Wait until the ledger has nothing more to do.

        Args:
            hasten: let the time pass at once for which deferred mails wait.
        """
        wait_until(
            lambda: self._is_settled(hasten=hasten),
            seconds=seconds,
            what=f"everything is settled ({self.log.count()} mails were accepted)",
        )

    def counts(self) -> dict[str, int]:
        return self.issue.deliveries.counts()

    def books(self) -> Books:
        states = dict(Delivery.objects.values_list("subscriber__email", "state"))
        return Books(self.log.copies(), states, self.doubts)

    def row(self, *, fault: str, goal: str, given_up: int = 0) -> tuple[Row, Books]:
        """What came of it, with what must be true of every scene looked at."""
        seconds = time.monotonic() - self.began
        books = self.books()
        row = Row(
            "", fault, goal, len(self.recipient_of), len(books.lost), books.extras.total(),
            books.most, len(books.parked), seconds,
        )  # fmt: skip
        counts = self.counts()
        row.remarks.append(f"ledger: {_said(counts)}; server: {len(books.copies)} copies")
        if self.in_doubt_each:
            most = max(self.in_doubt_each)
            row.remarks.append(
                f"in doubt when they died: {sum(self.in_doubt_each)} mails, at most {most} at once"
            )
        wrongly = [to for to in books.counts if books.states.get(to) not in TAKEN]
        row.expect(
            {
                "nobody is lost" + f" but {given_up}" * bool(given_up): len(books.lost) == given_up,
                "the sum of all states is what was expected": sum(counts.values())
                == self.issue.expected_count
                == len(self.recipient_of),
                "what the server took is known as taken or in doubt": not wrongly,
                "every copy of a mail bears the same key": books.keys_per_mail <= 1,
            }
        )
        row.expect({f"{found.name}: {found.sentence} (but {found.count})": not found.count
                    for found in invariants.check()})  # fmt: skip
        return row, books

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, TooSlow):
            with suppress(DatabaseError, InterfaceError):
                error.row, _ = self.row(fault="", goal="it comes to an end")
        for beat in self.beats:
            for process in beat.running.values():
                process.kill()
                process.wait()
        for group in (*self.groups, *self.leaving):
            group.stop()
        self.way.stop()

    def _is_settled(self, *, hasten: bool) -> bool:
        try:
            if hasten:
                deferred = self.issue.deliveries.filter(state=State.DEFERRED)
                deferred.filter(next_at__gt=Now()).update(next_at=Now())
            waiting = Delivery.objects.filter(issue=self.issue, state__in=UNSETTLED)
            return not waiting.exists()
        except (DatabaseError, InterfaceError):  # it was crashed on purpose
            connection.close()
            return False


def _said(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))


def recipients_of(issue: Issue) -> dict[int, str]:
    """Entry -> whom it is for."""
    return dict(issue.deliveries.values_list("pk", "subscriber__email"))
