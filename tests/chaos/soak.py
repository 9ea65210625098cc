"""Hours of sending, each second of which stands for ten, with something breaking all the time."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import redis
from django.db import DatabaseError, InterfaceError, connection

from newsletter import invariants
from newsletter.models import Delivery
from tests.chaos import content
from tests.chaos.books import Books, Copy
from tests.chaos.kills import kill_a_child
from tests.chaos.row import Row
from tests.chaos.servers import Servers, wait_until
from tests.chaos.stage import UNSETTLED, Stage
from tests.chaos.ways_out import SESSIONS, Smtp

MINUTE = 6.0  # seconds
LEASE = 3.0  # seconds
FEW = 500  # mails: when fewer wait, the next issue is opened


class Soak:
    def __init__(self, servers: Servers, stage: Stage) -> None:
        self.servers, self.stage = servers, stage
        self.queue = redis.Redis.from_url(servers.queue.url)
        self.broken: Counter[str] = Counter()  # invariants
        self.issues = 1
        self.faults: dict[str, Callable[[], object]] = {
            "kill a group": self.kill_group,
            "kill a child": lambda: kill_a_child(stage),
            "SIGTERM": self.let_go,
            "sleep over the lease": self.sleep,
            "FLUSHALL": self.queue.flushall,
            "restart Valkey": self.restart_valkey,
            "crash Postgres": self.crash_postgres,
        }

    def kill_group(self) -> None:
        self.stage.kill(self.stage.busy_group())
        self.stage.start_group()

    def let_go(self) -> None:
        group = self.stage.busy_group()
        os.kill(group.pid, signal.SIGTERM)
        self.stage.start_group().wait_until_ready()
        self.stage.leaving.append(group)
        self.stage.groups.remove(group)

    def sleep(self) -> None:
        group = self.stage.busy_group()
        group.freeze()
        time.sleep(LEASE * 1.5)
        group.signal(signal.SIGCONT)

    def restart_valkey(self) -> None:
        self.servers.queue.kill()
        self.servers.queue.restart()

    def crash_postgres(self) -> None:
        self.servers.postgres.crash()
        self.servers.postgres.restart()
        connection.close()

    def look(self) -> None:
        """Check what must always be true, and see that there is something to send."""
        try:
            for found in invariants.check():
                if found.name != "I3":  # a lease may be over while nobody can sweep
                    self.broken[f"{found.name}: {found.sentence}"] += found.count
            if Delivery.objects.pending().count() < FEW:
                content.make_issue(self.stage.readers, self.stage.picks)
                self.issues += 1
        except (DatabaseError, InterfaceError):  # it was crashed a moment ago
            connection.close()


def soak(servers: Servers, *, recipients: int, minutes: int) -> Row:
    with Stage(
        servers, Smtp(replies_after=0.05), recipients=recipients,
        UNCERTAIN="resend", LEASE_SECONDS=LEASE, CLAIM_SIZE=100,
    ) as stage:  # fmt: skip
        run = Soak(servers, stage)
        stage.start(2)
        done: Counter[str] = Counter()
        for _ in range(minutes):
            ends = time.monotonic() + MINUTE
            name = stage.chance.choice(list(run.faults))
            run.faults[name]()
            done[name] += 1
            while time.monotonic() < ends:
                run.look()
                time.sleep(0.5)
        unsettled = Delivery.objects.filter(state__in=UNSETTLED)
        wait_until(lambda: not unsettled.exists(), seconds=120, what="everything is settled")
        row, _ = stage.row(
            fault=f"{minutes} faults, one a minute", goal="lost 0; I1-I8 always true"
        )
        told(stage, row, deadly=sum(done.values()))
        row.remarks = [
            f"{run.issues} issues, {row.extra} copies more",
            ", ".join(f"{number} x {name}" for name, number in sorted(done.items())),
        ]
        row.expect({sentence: not number for sentence, number in run.broken.items()})
        return row


def told(stage: Stage, row: Row, *, deadly: int) -> None:
    """The books of all issues together, in which a mail is known by its key."""
    states = {str(pk): state for pk, state in Delivery.objects.values_list("public_id", "state")}
    copies = [
        Copy(str(UUID(copy.key.strip("<>").partition("@")[0])), copy.key, copy.at)
        for copy in stage.log.copies()
    ]
    books = Books(copies, states)
    row.recipients, row.lost, row.most = len(states), len(books.lost), books.most
    row.extra, row.parked = books.extras.total(), len(books.parked)
    row.misses = [miss for miss in row.misses if not miss.startswith("every copy")]
    row.expect(
        {
            "nobody is lost": not books.lost,
            "at most the open sessions of each fault": row.extra
            <= deadly * SESSIONS * stage.children,
            "no mail more than three times": books.most <= 3,
        }
    )
