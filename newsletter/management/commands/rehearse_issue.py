"""Say what an issue would be, and send nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand

from newsletter.models import Issue, Rehearsal
from newsletter.rehearsal import running
from papers.models import Paper, Topic

SHOWN = 10  # papers, and topics


class Command(BaseCommand):
    help = (
        "Go through all readers of an issue as if it were opened, and say how many would get "
        "how many papers.  Writes to no reader and sends nothing; the figures are kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cadence", choices=Issue.Cadence.values, required=True)
        parser.add_argument(
            "--on", type=date.fromisoformat, required=True, metavar="DAY", help="YYYY-MM-DD"
        )

    def handle(self, *, cadence: str, on: date, **options: Any) -> None:
        kept = running.rehearse(cadence, on, progress=self.show)
        if self.stderr.isatty():
            self.stderr.write("")
        for line in _report(kept):
            self.stdout.write(line)

    def show(self, done: int, total: int) -> None:
        """One line that changes, or in a log one line each time."""
        line = f"{done:,} of {total:,} readers"
        if self.stderr.isatty():
            self.stderr.write(f"\r\033[K{line}", ending="")
            self.stderr.flush()
        else:
            self.stderr.write(line)


def _report(kept: Rehearsal) -> Iterator[str]:
    found = kept.result
    yield f"{kept}: {found['recipients']:,} readers get a mail, {found['skipped']:,} get none"
    if found["already"]:
        yield f"{found['already']:,} have it already"
    yield f"{found['few']:,} get fewer than half of the papers that they wish for"
    yield _time(found["seconds"])
    if found["daily_cap"] is not None:
        yield f"a new sender may send {found['daily_cap']:,} on that day"
    yield "\n  papers   readers"
    for papers, readers in enumerate(found["readers"]):
        if readers:
            yield f"{papers:8}{readers:10,}"
    yield f"\n{found['candidates']:,} papers, {found['unsent']:,} of them for nobody; most get"
    titles = dict(Paper.objects.values_list("pk", "title").filter(pk__in=_ids(found["papers"])))
    for paper, readers in found["papers"][:SHOWN]:
        yield f"{readers:10,}  {titles.get(paper, '-')}"
    if found["skipped"]:
        yield f"\nwho get none follow ({found['topicless']:,} follow no topic)"
        names = dict(Topic.objects.values_list("pk", "name").filter(pk__in=_ids(found["topics"])))
        for topic, readers in found["topics"][:SHOWN]:
            yield f"{readers:10,}  {names.get(topic, '-')}"


def _ids(rows: list[list[int]]) -> list[int]:
    return [pk for pk, _ in rows[:SHOWN]]


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "no rates are set, so nothing is known of the time"
    return f"sending takes {timedelta(seconds=round(seconds))} at the present rates"
