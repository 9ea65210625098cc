"""Read papers from one source, or from a saved answer of it, and store them."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.utils.timezone import now

from papers import ingest, sources
from papers.management.arguments import past_date
from papers.models import Ingestion
from papers.sources import Item, SourceError

LOOK_BACK = timedelta(days=7)
SOME_REFUSED = 3  # exit status


class Command(BaseCommand):
    help = (
        "Read papers from one source, or from a saved answer of it, and store them.  "
        "Reading the same again changes nothing.  Exit status: 0 if all was stored, "
        "1 if the source could not be read to its end, 2 if the command was not understood, "
        f"{SOME_REFUSED} if some records were refused; they are named, the others are stored."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", choices=sorted(sources.REGISTRY))
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--file", type=Path, help="read this saved answer; ask nobody")
        where.add_argument(
            "--since", type=past_date, help="first day to ask for; default: a week ago"
        )
        parser.add_argument(
            "--date",
            "--list-date",
            type=past_date,
            help="ask for this list date only; with --file: the list date of the file",
        )

    def handle(self, *, source: str, **options: Any) -> None:
        if options["since"] and options["date"]:
            raise CommandError("use --since or --date, not both")
        progress = Progress(self.stderr)
        try:
            ingestion = ingest.take_in(
                source,
                records(source, **options),
                place=str(options["file"] or ""),
                at=now(),
                progress=progress.show,
            )
        except SourceError as error:
            raise CommandError(f"{source}: {error}") from error
        finally:
            progress.end()
        self.report(ingestion)

    def report(self, ingestion: Ingestion) -> None:
        refusals = ingestion.refusals.all()
        for refusal in refusals:
            self.stderr.write(f"refused: {refusal}")
        self.stdout.write(
            f"{ingestion.source}: {ingestion.created} created, {ingestion.updated} updated, "
            f"{ingestion.unchanged} unchanged, {len(refusals)} refused"
        )
        if refusals:
            raise CommandError(
                f"some records were refused: {len(refusals)}", returncode=SOME_REFUSED
            )


class Progress:
    """Counts records on the screen: one line that changes, or in a log a line now and then."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = stream
        self._is_shown = False

    def show(self, number: int) -> None:
        if self._stream.isatty() and number % 10 == 0:
            self._stream.write(f"\r{number} records read", ending="")
            self._stream.flush()
            self._is_shown = True
        elif not self._stream.isatty() and number % 1_000 == 0:
            self._stream.write(f"{number} records read")

    def end(self) -> None:
        if self._is_shown:
            self._stream.write("")


def records(
    source: str, *, file: Path | None, since: date | None, date: date | None, **options: Any
) -> Iterator[Item]:
    """Yield what the options ask for.  Nothing is opened before the first record."""
    if file:
        yield from sources.load(source).read(file, listed_on=date)
    else:
        today = now().date()
        since = date or since or today - LOOK_BACK
        yield from ingest.fetched(source, since=since, until=date or today)
