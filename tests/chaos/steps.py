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
from tests.chaos.stage import UNSETTLED, Stage
from tests.fakes.esp import Faults

KILLED = 137
STEPS_AT_MOST = 20_000
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


def smtp(servers: Servers, *, recipients: int, seed: int) -> Row:
    with Stage(servers, recipients=recipients, manner={}, seed=seed) as stage:
        way = {
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": stage.server.port,
            "SMTP_SESSIONS": 1,
        }
        return every_step(stage, way, extra_at_most=1)


def keys(servers: Servers, *, recipients: int, seed: int) -> Row:
    with Stage(servers, recipients=recipients, faults=Faults(keys=86_400), seed=seed) as stage:
        way = {
            "EMAIL_BACKEND": "anymail.backends.resend.EmailBackend",
            "ANYMAIL": stage.server.anymail(),
        }
        return every_step(stage, way, extra_at_most=0)


def every_step(stage: Stage, way: dict[str, Any], *, extra_at_most: int) -> Row:
    """Die at each step; the row has the sums over all deaths."""
    sums: Counter[str] = Counter()
    most = 0
    misses: dict[str, list[int]] = {}  # sentence -> steps after which it was not true
    ours = {"UNCERTAIN": "resend", "UNCERTAIN_WAIT_SECONDS": 0.0, "CLAIM_SIZE": CHUNK}
    with override_settings(**ours, **way):
        for fatal in range(1, STEPS_AT_MOST):
            start_anew(stage)
            is_over = not dies(stage, fatal)
            doubts = left_in_doubt(stage)
            bring_to_the_end(stage)
            books = Books(stage.log.copies(), stage.books().states, doubts)
            truths = {
                "nobody is lost": not books.lost,
                f"at most {extra_at_most} copy more": books.extras.total() <= extra_at_most,
                "a copy more only of a mail that was in doubt": not books.unexplained,
                "the sum of all states is what was expected": len(books.states)
                == len(stage.readers),
                "all is accepted, or listed": set(books.states.values())
                <= {State.ACCEPTED, State.PARKED},
            }
            for sentence in [sentence for sentence, is_true in truths.items() if not is_true]:
                misses.setdefault(sentence, []).append(fatal)
            sums.update(lost=len(books.lost), extra=books.extras.total(), parked=len(books.parked))
            sums["windows"] += bool(doubts)
            most = max(most, books.most)
            if is_over:
                break
    row, _ = stage.row(fault=f"dies at each of {fatal - 1} steps", goal="")
    row.goal = f"lost 0; extra <= {extra_at_most}, and only from accepted to noted"
    row.lost, row.extra, row.parked, row.most = sums["lost"], sums["extra"], sums["parked"], most
    row.remarks[0] = (
        f"{sums['windows']} of the steps left mails in doubt, {sums['extra']} of them led to a copy"
    )
    row.misses += [
        f"{sentence}: not after {len(at)} of the steps, first {at[0]}" for sentence, at in misses.items()
    ]
    return row


def start_anew(stage: Stage) -> None:
    """The same issue as it was before anything was sent."""
    stage.issue.deliveries.all().delete()
    Delivery.objects.bulk_create(
        Delivery(issue=stage.issue, subscriber=reader, picks=stage.picks)
        for reader in stage.readers
    )
    Issue.objects.filter(pk=stage.issue.pk).update(state=Issue.State.OPEN)
    rows = stage.issue.deliveries.values_list("pk", "subscriber__email")
    stage.recipient_of = dict(rows)
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
