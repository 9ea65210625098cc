"""A database that was restored from a backup, and believes that nothing happened since."""

from __future__ import annotations

import shutil
import subprocess
import time

from django.core.management import call_command
from django.db import connection

from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.chaos.stage import Stage
from tests.chaos.ways_out import Smtp

SILENCE = 10.0  # seconds: ten sweeps


def backup(servers: Servers, *, recipients: int) -> Row:
    """Back up at a third of an issue, and restore that at two thirds."""
    postgres = servers.postgres
    kept = postgres.folder / "backup"
    with Stage(servers, Smtp(replies_after=0.02), recipients=recipients, UNCERTAIN="park") as stage:
        stage.start(2)
        moments = iter(stage.moments(2, until=0.7))
        next(moments)
        postgres.leave()
        subprocess.run(["cp", "-a", postgres.data, kept], check=True)
        postgres.restart()
        next(moments)
        for group in list(stage.groups):
            stage.kill(group)
        postgres.leave()
        shutil.rmtree(postgres.data)
        kept.rename(postgres.data)
        postgres.restart()
        connection.close()
        before = stage.log.count()
        stage.start(2, beats=0)
        time.sleep(SILENCE)
        unasked = stage.log.count() - before
        call_command("confirm_restore", "--park")
        stage.settle()
        row, books = stage.row(
            fault="restore of a backup from before", goal="0 mails before confirm_restore; extra 0"
        )
        row.remarks.append(f"{before} mails before, {unasked} until somebody confirmed")
        row.expect(
            {
                "nothing is sent before somebody confirms": unasked == 0,
                "no copy more": not books.extras,
            }
        )
        return row
