"""Check what must always be true of the ledger, and print a table."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsletter import invariants


class Command(BaseCommand):
    help = (
        "Check what must always be true of the ledger, and print a table.  "
        "Exit status: 0 if all of it is, 1 if anything is not."
    )

    def handle(self, **options: Any) -> None:
        findings = invariants.check()
        for finding in findings:
            row = f"{finding.name}  {finding.count:>8,}  {finding.sentence}"
            samples = f": {', '.join(finding.samples)}" if finding.samples else ""
            self.stdout.write(row + samples)
        if broken := [finding.name for finding in findings if finding.count]:
            raise CommandError(f"broken: {', '.join(broken)}")
