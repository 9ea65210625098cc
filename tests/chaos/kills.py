"""Workers that die in the middle of a send, in every way there is."""

from __future__ import annotations

from tests.chaos.groups import Ended, freeze, hands_over
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.chaos.stage import SESSIONS, Stage
from tests.fakes.esp import Faults

import os
import signal

SLOW = {"replies_after": 0.02}  # seconds: most mails that are handed over have no answer yet


def groups(servers: Servers, *, recipients: int, kills: int, policy: str, seed: int) -> Row:
    """kill -9 of whole worker groups, with one machine's journals left on its disk."""
    with Stage(servers, recipients=recipients, manner=SLOW, seed=seed, UNCERTAIN=policy) as stage:
        storm(stage, kills)
        return told(stage, fault=f"{kills} x kill -9 of a worker group", policy=policy)


def storm(stage: Stage, kills: int) -> None:
    stage.start(3)
    for _ in stage.moments(kills):
        stage.kill(stage.busy_group())
        stage.start_group()
    stage.settle()


def told(stage: Stage, *, fault: str, policy: str) -> Row:
    """The goals of a storm: what is in doubt at a kill is sent once more, or listed."""
    goal = {
        "resend": "lost 0; extra only of mails in doubt at a kill; copies <= 3",
        "park": "lost 0; extra 0; exactly the mails in doubt are listed",
    }[policy]
    row, books = stage.row(fault=f"{fault}, {policy}", goal=goal)
    row.expect(
        {
            "a copy more only of a mail that was in doubt": not books.unexplained,
            "at most one mail in doubt in a session": max(stage.in_doubt_each)
            <= SESSIONS * stage.children,
        }
    )
    if policy == "park":
        row.expect(
            {
                "no copy more": not books.extras,
                "listed is what was in doubt, and nothing else": books.parked == set(books.doubts),
            }
        )
    else:
        row.expect({"no mail more than three times": books.most <= 3})
    return row
