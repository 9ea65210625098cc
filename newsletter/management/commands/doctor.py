"""Say what is wrong with this installation, and the mend of each."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter.doctor import Finding, Level, examination, received, service, works
from newsletter.doctor.names import Names
from subscriptions import mail


class Command(BaseCommand):
    help = (
        "Look at everything that mail needs to arrive: the DNS of the sender, the mail service, "
        "Redis, the database, workers, clock, disk, settings.  Ends with 1 if something is wrong."
    )
    requires_system_checks: list[str] = []  # it runs them itself, and goes on

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--selector", default="", help="s= of the service's DKIM-Signature")
        parser.add_argument("--to", metavar="ADDRESS", help="send one test mail there")
        parser.add_argument(
            "--received",
            type=Path,
            metavar="FILE",
            dest="mail_file",
            help="a digest as it arrived, with headers",
        )
        parser.add_argument(
            "--dns", default="", metavar="ADDRESS", help="ask this name server, not the machine's"
        )

    def handle(
        self, *, selector: str, to: str | None, mail_file: Path | None, dns: str, **_: Any
    ) -> None:
        arrived = _read(mail_file) if mail_file else None
        worst = Level.WELL
        for finding in self.look(selector, to=to, arrived=arrived, names=Names.asked_at(dns)):
            self.stdout.write(finding.line())
            worst = max(worst, finding.level, key=list(Level).index)
        if worst is Level.WRONG:
            sys.exit(1)

    def look(
        self, selector: str, *, to: str | None, arrived: bytes | None, names: Names
    ) -> Iterator[Finding]:
        yield from works.examine()
        yield from examination.of_domain(mail.domain(), selector, names)
        yield from examination.of_service(names)
        if to:
            yield service.send_test(to)
        if arrived is not None:
            yield from received.examine(arrived)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
