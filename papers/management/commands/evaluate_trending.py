"""Measure on saved lists how well scores foretell votes."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from papers.evaluation import report
from papers.management.arguments import past_date
from papers.sources import SourceError


class Command(BaseCommand):
    help = (
        "Measure on saved lists how well scores foretell votes, beside raw votes, the formula of "
        "Hacker News, and chance.  Reads folders of day files, .json, .jsonl and .jsonl.gz."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=Path, nargs="+", default=[], help="saved lists; folders or files"
        )
        parser.add_argument("--snapshots", type=Path, help="votes of lists at several moments")
        parser.add_argument(
            "--since", type=past_date, help="first list to test; default: the newest quarter"
        )

    def handle(self, *, days: list[Path], snapshots: Path | None, **options: Any) -> None:
        if not days and not snapshots:
            raise CommandError("say what to measure: --days, --snapshots, or both")
        try:
            for line in report.lines(days, snapshots, since=options["since"]):
                self.stdout.write(line)
        except SourceError as error:
            raise CommandError(str(error)) from error
