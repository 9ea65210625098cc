"""Store the shipped topics, or see how they differ from those that are stored."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from papers import catalogue


class Command(BaseCommand):
    help = (
        "Store the shipped topics that are missing.  With --overwrite those that were changed "
        "here become as they are shipped; topics of your own stay.  Without --store it only says "
        "what would change."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--overwrite", action="store_true", help="also those that exist")
        parser.add_argument("--store", action="store_true", help="do it")

    def handle(self, *, overwrite: bool, store: bool, **options: Any) -> None:
        for slug, fields in catalogue.differences(overwrite=overwrite).items():
            self.stdout.write(f"{slug}: {', '.join(fields) or 'new'}")
        if store:
            self.stdout.write(f"{catalogue.install(overwrite=overwrite)} topics stored")
