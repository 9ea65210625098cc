"""Make the texts of stored papers again, from what sources said."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from papers import cleaning

KINDS = {
    "title": "titles", "abstract": "abstracts", "authors": "lists of authors",
    "title_key": "keys of titles",
}  # fmt: skip


class Command(BaseCommand):
    help = (
        "Make the titles, abstracts and authors of stored papers again from what sources said, "
        "after an upgrade that reads their TeX better, and find the topics of what changed.  "
        "Without --write it only counts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="store what changed")

    def handle(self, *, write: bool, **options: Any) -> None:
        done = cleaning.clean_papers(write=write)
        parts = ", ".join(f"{done.counts[name]} {kind}" for name, kind in KINDS.items())
        self.stdout.write(f"{done.read} papers read, {len(done.changed)} differ: {parts}")
        for title in done.doubles:
            self.stderr.write(f"left as it is, because another paper has its title: {title}")
        if not write:
            self.stdout.write("Nothing was stored; --write does that.")
