"""A Postgres that crashes, has no room, or no connection for everybody."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests.chaos.row import Row
from tests.chaos.servers import OPTIONS, Servers
from tests.chaos.stage import Stage
from tests.chaos.ways_out import SESSIONS, Smtp

SLOW = {"replies_after": 0.02}
CLONE_NEWNS = 0x20000


def crashed(servers: Servers, *, recipients: int, crashes: int) -> Row:
    """An `immediate` shutdown in the middle of everything, and a recovery from the log."""
    with Stage(servers, Smtp(**SLOW), recipients=recipients, UNCERTAIN="resend") as stage:
        stage.start(2)
        for _ in stage.moments(crashes):
            servers.postgres.crash()
            time.sleep(stage.chance.uniform(0.1, 1))
            servers.postgres.restart()
        stage.settle()
        most = crashes * len(stage.groups) * stage.children * SESSIONS
        row, books = stage.row(
            fault=f"{crashes} x Postgres crash", goal=f"lost 0; extra <= open sessions ({most})"
        )
        row.expect({"at most the open sessions": books.extras.total() <= most})
        return row


def crowded(servers: Servers, *, recipients: int, groups: int) -> Row:
    """More workers than the database has connections."""
    servers.postgres.leave()
    servers.postgres.options = OPTIONS.replace("max_connections=100", "max_connections=20")
    servers.postgres.restart()
    with Stage(
        servers, Smtp(replies_after=0.2), recipients=recipients, children=4,
        UNCERTAIN="park", CLAIM_SIZE=20, SMTP_SESSIONS=2,
    ) as stage:  # fmt: skip
        stage.start(groups)
        stage.settle()
        for group in list(stage.groups):
            group.stop()
        row, books = stage.row(
            fault=f"20 connections for {groups * 4} children", goal="lost 0; extra 0; none in doubt"
        )
        log = (servers.postgres.folder / "log").read_text(errors="replace")
        refused = log.count("too many clients already")
        row.remarks.append(f"{refused} connections were refused")
        row.expect(
            {
                "no copy more": not books.extras,
                "nothing is in doubt": not books.parked,
                "connections were refused": refused > 0,
            }
        )
        return row


def journal_full(servers: Servers, *, recipients: int) -> Row:
    """The disk of the journals has no room for a while."""
    if os.geteuid():
        return skipped("a disk of 1 MB needs root")
    small_disk(servers.journals, megabytes=1)
    filler = servers.journals / "filler"
    with Stage(
        servers, Smtp(**SLOW), recipients=recipients, UNCERTAIN="park", LEASE_SECONDS=3
    ) as stage:
        stage.start(2)
        sent_while_full = []
        for _ in stage.moments(2, until=0.7):
            keep_full(filler, seconds=2)  # what is under way comes to an end
            before = stage.log.count()
            keep_full(filler, seconds=12)  # several leases
            sent_while_full.append(stage.log.count() - before)
            filler.unlink()
        stage.settle()
        row, books = stage.row(
            fault="2 x no room for the journal for 14 s",
            goal="lost 0; extra 0; nothing sent unnoted",
        )
        row.remarks.append(f"mails sent while there was no room: {sum(sent_while_full)}")
        row.expect(
            {
                "no copy more": not books.extras,
                "nothing is in doubt": not books.parked,
                "nothing is sent that cannot be noted": sum(sent_while_full) == 0,
            }
        )
        return row


def database_full(servers: Servers, *, recipients: int) -> Row:
    """The disk of the database is full for a while; Postgres may give up, and is started again."""
    if os.geteuid():
        return skipped("a small disk needs root")
    postgres = servers.postgres
    postgres.leave()
    kept = postgres.data.with_name("kept")
    postgres.data.rename(kept)
    small_disk(postgres.data, megabytes=400)
    subprocess.run(["cp", "-a", f"{kept}/.", postgres.data], check=True)
    shutil.rmtree(kept)
    postgres.restart()
    filler = postgres.data / "filler"
    with Stage(servers, Smtp(**SLOW), recipients=recipients, UNCERTAIN="resend") as stage:
        stage.start(2)
        for _ in stage.moments(2, until=0.5):
            keep_full(filler, seconds=5)
            filler.unlink()
            if postgres.process.poll() is not None:
                postgres.restart()
        stage.settle()
        row, books = stage.row(fault="2 x no room for the database", goal="lost 0; extra 0")
        row.expect({"no copy more": not books.extras})
        return row


def small_disk(folder: Path, *, megabytes: int) -> None:
    """Mount memory there, which only this process and its children see, and which ends with them.

    Raises:
        OSError: this machine does not let us.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    size = f"size={megabytes}m,mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", folder], check=True)


def keep_full(path: Path, *, seconds: float) -> None:
    """Fill the disk, and take whatever room somebody makes."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with path.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)


def skipped(why: str) -> Row:
    return Row("", f"left out: {why}", "")
