"""What readers and operators do in the middle of a send, and a mail that kills its worker."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.utils.timezone import now

from newsletter.models import Issue
from subscriptions import optin
from subscriptions.verdicts import State
from tests.chaos import poison
from tests.chaos.content import address
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.chaos.stage import Stage
from tests.chaos.ways_out import Smtp

SLOW = {"replies_after": 0.2}  # seconds: a chunk takes longer than a reader may be written to
PATIENT = {"UNCERTAIN": "park", "LEASE_SECONDS": 60}
LEFT = 5.0  # seconds after which nobody who left is written to
STOPPED = 3.0  # seconds after which nothing more of a paused issue goes out


def leaving(servers: Servers, *, recipients: int, leaving: int) -> Row:
    """Readers leave at random moments while the mails go out."""
    with Stage(servers, Smtp(**SLOW), recipients=recipients, **PATIENT) as stage:
        stage.start(3)
        leavers = stage.chance.sample(stage.readers, leaving)
        left_at: dict[str, float] = {}
        for _, reader in zip(stage.moments(leaving), leavers, strict=True):
            optin.leave(reader, at=now(), ip=None, page="/leave/")
            left_at[reader.email] = time.time()
        stage.settle()
        row, books = stage.row(
            fault=f"{leaving} readers leave", goal="lost 0; extra 0; nothing 5 s after he left"
        )
        after = [c.at - left_at[c.recipient] for c in books.copies if c.recipient in left_at]
        late = max(after, default=0)
        skipped = sum(state == State.SKIPPED for state in books.states.values())
        row.remarks.append(f"{skipped} left in time; the last mail came {late:.2f} s after")
        row.expect(
            {
                "no copy more": not books.extras,
                "nothing 5 s after the reader left": late <= LEFT,
                "somebody left in time": skipped > 0,
            }
        )
        return row


def poisoned(servers: Servers, *, recipients: int) -> Row:
    """One mail kills whoever composes it."""
    deaths = servers.folder / "deaths"
    with Stage(
        servers, Smtp(), recipients=recipients, modules=("tests.chaos.poison",),
        UNCERTAIN="park", LEASE_SECONDS=5, **{poison.WHO: address(recipients // 3)},
        **{poison.WHERE: deaths},
    ) as stage:  # fmt: skip
        stage.start(2)
        stage.settle()
        row, books = stage.row(
            fault="one mail kills its worker",
            goal="all but one accepted, one failed; <= 3 workers die",
            given_up=1,
        )
        died = len(deaths.read_text().splitlines())
        row.remarks.append(f"{died} workers died of it")
        row.expect(
            {
                "no copy more": not books.extras,
                "all others are accepted": len(books.counts) == recipients - 1,
                "it is listed as failed": books.states[address(recipients // 3)] == State.FAILED,
                "at most three workers die": 1 <= died <= 3,
            }
        )
        return row


def stopped(servers: Servers, *, recipients: int) -> Row:
    """An operator pauses the issue twice, and in the end cancels it."""
    with Stage(servers, Smtp(**SLOW), recipients=recipients, **PATIENT) as stage:
        stage.start(3)
        issue = Issue.objects.get(pk=stage.issue.pk)
        late: list[float] = []
        steps: list[Callable[[], object]] = [
            lambda: issue.pause("chaos"), lambda: issue.pause("chaos"), issue.cancel
        ]  # fmt: skip
        for _, step in zip(stage.moments(3, until=0.6), steps, strict=True):
            stage.busy_group()
            late.append(still_sent(stage, step))
            issue.resume()
        stage.settle()
        row, books = stage.row(
            fault="2 x pause and resume, then cancel", goal="extra 0; nothing 3 s after; sums exact"
        )
        skipped = sum(state == State.SKIPPED for state in books.states.values())
        row.remarks.append(
            f"the last mail came {', '.join(f'{seconds:.2f}' for seconds in late)} s after"
        )
        row.expect(
            {
                "no copy more": not books.extras,
                "nothing is sent 3 s after": max(late) <= STOPPED,
                "the rest is skipped": skipped == recipients - len(books.counts) > 0,
            }
        )
        return row


def still_sent(stage: Stage, step: Callable[[], object]) -> float:
    """Do it, wait, and return how many seconds later the last mail was accepted."""
    step()
    at = time.time()
    time.sleep(STOPPED + 3)
    return max((copy.at - at for copy in stage.log.copies()), default=0)
