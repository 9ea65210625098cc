"""Compute the trend scores of stored papers again."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.timezone import now

from papers import scoring
from papers.management.arguments import past_date


class Command(BaseCommand):
    help = "Compute the trend scores of stored papers again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--date", type=past_date, help="only this list date; default: the last eight days"
        )

    def handle(self, *, date: date | None, **options: Any) -> None:
        count = scoring.score_lists([date]) if date else scoring.score_recent(today=now().date())
        self.stdout.write(f"{count} papers scored")
