"""Read what was mailed to the mailbox for leaving: one mail from a pipe, or a whole Maildir."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.timezone import now

from subscriptions import inbound

TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: mail servers keep the mail and come back


class Command(BaseCommand):
    help = "Let those leave who wrote to UNSUBSCRIBE_MAILBOX: one mail on standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to", action="append", default=[], metavar="ADDRESS",
            help="for whom the mail server took the mail; else its headers are asked",
        )  # fmt: skip
        parser.add_argument(
            "--maildir", type=Path, metavar="FOLDER",
            help="read and delete all mails of this Maildir instead",
        )  # fmt: skip

    def handle(self, *, to: list[str], maildir: Path | None, **options: Any) -> None:
        if maildir and not (maildir / "new").is_dir():
            raise CommandError(f"{maildir} is no Maildir: it has no folder named new")
        try:
            left = _read_all(maildir) if maildir else _read(sys.stdin.buffer, to)
        except DatabaseError as error:
            raise CommandError("the database cannot be asked", returncode=TRY_AGAIN) from error
        self.stdout.write(f"{left} left")


def _read(mail: BinaryIO, to: list[str]) -> int:
    raw = mail.read(inbound.LONGEST + 1)
    while mail.read(65_536):
        pass  # or whoever writes would get an error, and send a bounce
    return int(inbound.receive(raw, at=now(), recipients=to))


def _read_all(maildir: Path) -> int:
    """Delete each mail when it is dealt with; what else is in the folder stays."""
    left = 0
    paths = [path for folder in ("new", "cur") for path in (maildir / folder).glob("*")]
    for path in sorted(paths):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as mail:
                left += _read(mail, [])
            path.unlink(missing_ok=True)
    return left
