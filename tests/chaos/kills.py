"""Workers that die or are told to go in the middle of a send, in every way there is."""

from __future__ import annotations

import os
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from subprocess import TimeoutExpired

from django.utils.timezone import now

from subscriptions import optin
from subscriptions.models import Subscriber
from tests.chaos.groups import Ended, Group, freeze, hands_over
from tests.chaos.row import Row
from tests.chaos.servers import Servers, wait_until
from tests.chaos.stage import Stage
from tests.chaos.ways_out import SESSIONS, Service, Smtp
from tests.fakes.esp import Faults

SLOW = {"replies_after": 0.02}  # seconds: most mails that are handed over have no answer yet
SLOWER = {"replies_after": 0.2}  # so that a send lasts until the last worker has gone
EXIT_AT_MOST = 30.0  # seconds
SERIAL = count(1)  # of disks

GOALS = {
    "resend": "lost 0; extra only of mails in doubt at a kill; copies <= 3",
    "park": "lost 0; extra 0; exactly the mails in doubt are listed",
}


def groups(servers: Servers, *, recipients: int, kills: int, policy: str) -> Row:
    """kill -9 of a whole worker group; its journals stay on the machine's disk."""
    with Stage(servers, Smtp(**SLOW), recipients=recipients, UNCERTAIN=policy) as stage:
        stage.start(3)
        for _ in stage.moments(kills):
            stage.kill(stage.busy_group())
            stage.start_group()
        stage.settle()
        row = told(stage, f"{kills} x kill -9 of a worker group", policy=policy)
        row.expect({"at most one mail in doubt in a session": one_in_a_session(stage)})
        return row


def children(servers: Servers, *, recipients: int, kills: int, policy: str) -> Row:
    """kill -9 of one child; Celery starts another."""
    with Stage(servers, Smtp(**SLOW), recipients=recipients, UNCERTAIN=policy) as stage:
        stage.start(2)
        for _ in stage.moments(kills):
            wait_until(lambda: kill_a_child(stage), seconds=60, what="a child was killed")
        stage.settle()
        row = told(stage, f"{kills} x kill -9 of one child", policy=policy)
        row.expect({"at most one mail in doubt in a session": one_in_a_session(stage)})
        return row


def kill_a_child(stage: Stage) -> bool:
    """False if it was gone, or had nothing to do, when it was to be killed."""
    group = stage.busy_group()
    busy = [pid for pid in group.children() if hands_over([pid], group.journals)]
    if not busy:
        return False
    child = stage.chance.choice(busy)
    with suppress(Ended):
        freeze(child)
        stage.note_doubt(group, [child])
        os.kill(child, signal.SIGKILL)
        return True
    return False


def service(servers: Servers, *, recipients: int, kills: int, keys: bool) -> Row:
    """kill -9 while a call to a mail service with many mails is under way."""
    faults = Faults(latency=0.3, keys=86_400 if keys else 0)
    name = "resend" if keys else "postmark"
    with Stage(servers, Service(name, faults), recipients=recipients, UNCERTAIN="resend") as stage:
        stage.start(3)
        for _ in stage.moments(kills, until=0.7):
            stage.kill(stage.busy_group())
            stage.start_group()
        stage.settle()
        row = told(stage, f"{kills} x kill -9 of a group, {name}", policy="resend")
        if keys:
            row.goal = "lost 0; extra 0, for the service knows the keys"
            row.expect({"no copy more": row.extra == 0})
        return row


def service_and_leave(servers: Servers, *, recipients: int, kills: int) -> Row:
    """The same, and of each call that is in doubt one reader leaves before it is repeated."""
    faults = Faults(latency=0.3, keys=86_400)
    with Stage(
        servers, Service("resend", faults), recipients=recipients, UNCERTAIN="resend"
    ) as stage:
        stage.start(3)
        for _ in stage.moments(kills, until=0.7):
            before = set(stage.doubts)
            stage.kill(stage.busy_group())
            if doubtful := sorted(set(stage.doubts) - before):
                optin.leave(reader_of(doubtful[0]), at=now(), ip=None, page="/leave/")
            stage.start_group()
        stage.settle()
        row = told(stage, f"{kills} x kill -9, and a reader leaves", policy="resend")
        row.goal = "lost 0; extra 0, for the service knows the keys"
        row.expect({"no copy more": row.extra == 0})
        return row


def reader_of(email: str) -> Subscriber:
    return Subscriber.objects.get(email=email)


def machines(servers: Servers, *, recipients: int, kills: int, policy: str) -> Row:
    """A worker dies together with its disk: nobody can read its journals."""
    chunk = 50
    with Stage(
        servers, Smtp(**SLOW), recipients=recipients, UNCERTAIN=policy,
        CLAIM_SIZE=chunk, LEASE_SECONDS=4,
    ) as stage:  # fmt: skip
        new_machines = [new_machine(stage) for _ in range(3)]
        stage.start_beat()
        for group in new_machines:
            group.wait_until_ready()
        for _ in stage.moments(kills):
            group = stage.busy_group()
            stage.kill(group, with_disk=True)
            shutil.rmtree(group.journals, ignore_errors=True)
            new_machine(stage)
        stage.settle()
        row = told(stage, f"{kills} x worker and journals lost", policy=policy, is_known=False)
        most = kills * stage.children * chunk
        row.goal = {
            "resend": f"lost 0; extra <= the chunks of the lost ({most})",
            "park": f"lost 0; extra 0; parked <= the chunks of the lost ({most})",
        }[policy]
        row.expect({"at most the chunks of the lost": max(row.extra, row.parked) <= most})
        return row


def new_machine(stage: Stage) -> Group:
    return stage.start_group(JOURNAL_DIR=stage.servers.folder / f"disk{next(SERIAL)}")


def told_to_go(servers: Servers, *, recipients: int, times: int, how: str) -> Row:
    """What a deploy does: SIGTERM, or SIGQUIT, to the worker's main process."""
    number = signal.Signals[how]
    with Stage(
        servers, Smtp(**SLOWER), recipients=recipients, UNCERTAIN="park",
        SMTP_SESSIONS=4, CLAIM_SIZE=100,
    ) as stage:  # fmt: skip
        stage.start(2)
        with ThreadPoolExecutor(times) as waiters:
            going = []
            for _ in stage.moments(times):
                group = stage.busy_group()
                stage.groups.remove(group)
                stage.start_group()
                os.kill(group.pid, number)
                going.append(waiters.submit(seconds_to_end, group))
            seconds = [future.result() for future in going]
        stage.settle()
        row, books = stage.row(
            fault=f"{times} x {how} to a worker",
            goal="lost 0; extra 0; none in doubt; exit <= 30 s",
        )
        row.remarks.append(f"exits took {min(seconds):.1f} to {max(seconds):.1f} s")
        row.expect(
            {
                "no copy more": not books.extras,
                "nothing is in doubt": not books.parked,
                "every worker went within 30 s": max(seconds) <= EXIT_AT_MOST,
            }
        )
        return row


def seconds_to_end(group: Group) -> float:
    """How long it takes until the worker has gone by itself; it is killed if that is too long."""
    began = time.monotonic()
    with suppress(TimeoutExpired):
        group.process.wait(timeout=EXIT_AT_MOST + 10)
    seconds = time.monotonic() - began
    group.stop()
    return seconds


def one_in_a_session(stage: Stage) -> bool:
    return max(stage.in_doubt_each) <= SESSIONS * stage.children


def told(stage: Stage, fault: str, *, policy: str, is_known: bool = True) -> Row:
    """The goals of a storm: what is in doubt at a kill is sent once more, or listed.

    Args:
        is_known: journals were left, so that only what is in doubt is.
    """
    row, books = stage.row(fault=f"{fault}, {policy}", goal=GOALS[policy])
    row.expect(
        {
            "a copy more only of a mail that was in doubt": not books.unexplained,
            "no mail more than three times": books.most <= 3,
        }
    )
    if policy == "park":
        missing = set(books.doubts) - books.parked
        if not is_known:  # the database may still have got the answers, as they froze
            missing -= books.accepted
        row.expect(
            {
                "no copy more": not books.extras,
                "whatever was in doubt is listed": not missing,
            }
        )
        if is_known:
            row.expect({"nothing else is listed": books.parked <= set(books.doubts)})
    return row
