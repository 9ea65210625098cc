"""A process that dies at every single step of a send, one after the other (SQLite's method).

No Celery and no chance: a forked child sends a small issue and dies at its step 1, 2, 3 ...
until it comes to the end untouched.  A step is each side of each statement and commit, of
each line of the journal (which may be cut in the middle), and of everything that goes over
the wire.  After each death a clean run brings the issue to its end.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from anymail.backends.base_requests import AnymailRequestsBackend
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now
from django.test import override_settings

from newsletter import compose
from newsletter.models import Delivery, Issue
from subscriptions import journal, outbox
from subscriptions.journal import Journal
from subscriptions.smtp.line import Line
from subscriptions.verdicts import State
from tests.chaos.books import Books
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.chaos.stage import UNSETTLED, Stage, recipients_of
from tests.chaos.ways_out import Service, Smtp
from tests.fakes.esp import Faults

KILLED = 137
CHUNK = 50


class Steps:
    """Counts what is done, and dies at one of it."""

    def __init__(self, fatal: int) -> None:
        self.fatal, self.count = fatal, 0

    def step(self) -> None:
        self.count += 1
        if self.count == self.fatal:
            os._exit(KILLED)

    def is_next(self) -> bool:
        return self.count + 1 == self.fatal

    def around(self, kind: type, name: str) -> None:
        """Make a step before and a step after each call of a method."""
        original: Callable[..., Any] = getattr(kind, name)

        def stepping(*arguments: Any, **named: Any) -> Any:
            self.step()
            try:
                return original(*arguments, **named)
            finally:
                self.step()

        setattr(kind, name, stepping)

    def statement(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.step()
        found = execute(*arguments)
        self.step()
        return found

    def cut(self, original: Callable[..., Any]) -> Callable[..., None]:
        """A line of the journal of which only a half comes to the disk."""

        def append(notes: Journal, lines: bytes) -> None:
            if self.is_next():
                os.write(notes._file, lines[: len(lines) // 2])
            self.step()
            original(notes, lines)

        return append

    def install(self) -> None:
        connection.execute_wrappers.append(self.statement)
        self.around(BaseDatabaseWrapper, "_commit")
        self.around(Journal, "_append")
        Journal._append = self.cut(Journal._append)  # type: ignore[method-assign]
        self.around(Journal, "remove")
        self.around(Line, "write")
        self.around(Line, "read")
        self.around(AnymailRequestsBackend, "post_to_esp")


def smtp(servers: Servers, *, recipients: int) -> Row:
    with Stage(servers, Smtp(), recipients=recipients) as stage:
        return every_step(stage, extra_at_most=1)


def keys(servers: Servers, *, recipients: int) -> Row:
    with Stage(servers, Service("resend", Faults(keys=86_400)), recipients=recipients) as stage:
        return every_step(stage, extra_at_most=0)


def every_step(stage: Stage, *, extra_at_most: int) -> Row:
    """Die at each step; the row has the sums over all deaths."""
    sums: Counter[str] = Counter()
    broken: dict[str, list[int]] = {}  # sentence -> steps after which it was not true
    ours = {"UNCERTAIN": "resend", "UNCERTAIN_WAIT_SECONDS": 0.0, "CLAIM_SIZE": CHUNK}
    fatal, has_died = 0, True
    with override_settings(**ours, **stage.way.settings):
        while has_died:
            fatal += 1
            start_anew(stage)
            has_died = dies(stage, fatal)
            doubts = left_in_doubt(stage)
            bring_to_the_end(stage)
            books = Books(stage.log.copies(), stage.books().states, doubts)
            for sentence, is_true in truths(stage, books, extra_at_most=extra_at_most).items():
                if not is_true:
                    broken.setdefault(sentence, []).append(fatal)
            sums.update(lost=len(books.lost), extra=books.extras.total(), parked=len(books.parked))
            sums["doubtful"] += bool(doubts)
            sums["most"] = max(sums["most"], books.most)
    row, _ = stage.row(
        fault=f"dies at each of {fatal - 1} steps",
        goal=f"lost 0; extra <= {extra_at_most} each, only from accepted to noted",
    )
    row.lost, row.extra, row.parked = sums["lost"], sums["extra"], sums["parked"]
    row.most = sums["most"]
    row.remarks = [f"{sums['doubtful']} deaths left mails in doubt; {row.extra} copies more in all"]
    row.misses += [
        f"{what}: not after step {at[0]} ({len(at)} in all)" for what, at in broken.items()
    ]
    return row


def truths(stage: Stage, books: Books, *, extra_at_most: int) -> dict[str, bool]:
    return {
        "nobody is lost": not books.lost,
        f"at most {extra_at_most} copies more": books.extras.total() <= extra_at_most,
        "a copy more only of a mail that was in doubt": not books.unexplained,
        "nobody is missing in the ledger": len(books.states) == len(stage.readers),
        "all is accepted, or listed": set(books.states.values()) <= {State.ACCEPTED, State.PARKED},
    }


def start_anew(stage: Stage) -> None:
    """The same issue as it was before anything was sent."""
    stage.issue.deliveries.all().delete()
    Delivery.objects.bulk_create(
        Delivery(issue=stage.issue, subscriber=reader, picks=stage.picks)
        for reader in stage.readers
    )
    Issue.objects.filter(pk=stage.issue.pk).update(state=Issue.State.OPEN)
    stage.recipient_of = recipients_of(stage.issue)
    if stage.log.path.exists():
        os.truncate(stage.log.path, 0)


def dies(stage: Stage, fatal: int) -> bool:
    """Send in a child that dies at that step; False if it came to the end before."""
    connections.close_all()
    child = os.fork()
    if not child:
        try:
            Steps(fatal).install()
            outbox.post(Delivery.objects.all(), compose.compose_all, budget=60)
        except BaseException:  # noqa: BLE001  # this process must not come back
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in {0, KILLED}:
        raise RuntimeError(f"the child ended with {status} before step {fatal}")
    return status == KILLED


def left_in_doubt(stage: Stage) -> Counter[str]:
    """Whose mails were handed over without an answer, by the journal that was left."""
    found: Counter[str] = Counter()
    for path in sorted(Path(stage.servers.journals).glob("delivery.*")):
        notes = journal.read(path.read_bytes())
        found.update(stage.recipient_of[pk] for pk in notes.handed - notes.answered)
    return found


def bring_to_the_end(stage: Stage) -> None:
    """What the next worker does.  The time for which it would have to wait is over at once."""
    deadline = time.monotonic() + 30
    while stage.issue.deliveries.filter(state__in=UNSETTLED).exists():
        let_time_pass()
        outbox.sweep(Delivery.objects.all())
        outbox.post(Delivery.objects.all(), compose.compose_all, budget=60)
        if time.monotonic() > deadline:
            raise RuntimeError(f"it does not come to an end: {stage.counts()}")


def let_time_pass() -> None:
    before = Now() - timedelta(seconds=1)
    Delivery.objects.exclude(lease_until=None).update(lease_until=before)
    Delivery.objects.exclude(next_at=None).update(next_at=before)
