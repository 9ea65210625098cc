"""The whole report as text: what was read, and every trial that it allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from papers.evaluation import cold, early, snapshots
from papers.evaluation.files import Entry, Reading
from papers.growth import Growth

MOST_NAMED = 20  # files, and refused records


def lines(days: Iterable[Path], votes: Path | None, *, since: date | None) -> Iterator[str]:
    """Yield the report line by line; raise `SourceError` for a file that cannot be read."""
    read = Reading()
    for path in days:
        read.take(path)
    lists = read.lists()
    if lists:
        yield from _what_was_read(read, lists)
        yield from cold.trial(lists, since=since).lines()
    if votes:
        seen = snapshots.read(votes)
        several = sum(len(found) > 1 for found in seen.values())
        yield f"{votes.name}: {len(seen)} lists, {several} of them at several moments"
        yield ""
        for trial in (early.daily, early.late, early.weekly):
            yield from trial(seen, growth=Growth()).lines()
    yield "Equal scores are in no order; intervals hold 95 of 100 bootstrap draws of the lists."


def _what_was_read(read: Reading, lists: Mapping[date, Sequence[Entry]]) -> Iterator[str]:
    counts = list(read.counts.items())
    for name, count in counts[:MOST_NAMED]:
        yield f"{name}: {count} records"
    if rest := counts[MOST_NAMED:]:
        yield f"and {len(rest)} more files: {sum(count for _, count in rest)} records"
    for refused in read.refused[:MOST_NAMED]:
        yield f"refused: {refused}"
    if len(read.refused) > MOST_NAMED:
        yield f"and {len(read.refused) - MOST_NAMED} more refused"
    papers = sum(len(found) for found in lists.values())
    yield f"{len(lists)} lists from {min(lists)} to {max(lists)}, {papers} papers"
    yield ""
