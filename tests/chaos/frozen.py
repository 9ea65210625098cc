"""Workers that sleep for longer than their lease, and wake up believing that it is theirs."""

from __future__ import annotations

import signal
import time

from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.chaos.stage import Stage
from tests.chaos.ways_out import SESSIONS, Smtp

LEASE = 3.0  # seconds


def asleep(servers: Servers, *, recipients: int, times: int) -> Row:
    """SIGSTOP to a whole group for longer than its lease, as when a machine is paused."""
    with Stage(
        servers, Smtp(replies_after=0.05), recipients=recipients,
        UNCERTAIN="resend", LEASE_SECONDS=LEASE, CLAIM_SIZE=200,
    ) as stage:  # fmt: skip
        stage.start(2)
        for _ in stage.moments(times):
            group = stage.busy_group()
            group.freeze()
            stage.note_doubt(group, group.children())
            time.sleep(LEASE * 1.7)
            group.signal(signal.SIGCONT)
        stage.settle()
        most = times * stage.children * SESSIONS
        row, books = stage.row(
            fault=f"{times} x SIGSTOP for {LEASE * 1.7:.0f} s, lease {LEASE:.0f} s",
            goal=f"lost 0; extra <= open sessions ({most})",
        )
        row.remarks.append(f"extra copies of mails begun after waking: {books.unexplained.total()}")
        row.expect({"at most the open sessions": books.extras.total() <= most})
        return row
