"""Read what votes lists had at several moments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from papers.evaluation.files import a_day
from papers.sources import SourceError, fields, reading
from papers.text import clean


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The votes of one list at one moment."""

    seen_at: datetime
    votes: Mapping[str, int]  # arXiv id -> votes


def read(path: Path) -> dict[date, list[Snapshot]]:
    """Read `{date: [[moment, {id: votes}, ...], ...]}`; snapshots in order of time.

    One that repeats another to the vote is a copy, made later of the same file, and is left out:
    its moment says nothing.  Raises `SourceError` for anything else.
    """
    answer = reading.parse_json(reading.read_bytes(path), place=str(path))
    if not isinstance(answer, dict):
        raise SourceError(f"{path} holds no snapshots by date")
    found: dict[date, list[Snapshot]] = {}
    for text, rows in answer.items():
        place = f"{path}, {clean(text, limit=40)}"
        if not isinstance(rows, list):
            raise SourceError(f"{place}: there is no list of snapshots")
        seen = [_snapshot(row, place=f"{place}, snapshot {n}") for n, row in enumerate(rows, 1)]
        found[a_day(text, place=place)] = _without_copies(seen)
    return dict(sorted(found.items()))


def _without_copies(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    kept: list[Snapshot] = []
    for snapshot in sorted(snapshots, key=lambda one: (one.seen_at, sum(one.votes.values()))):
        if all(snapshot.votes != other.votes for other in kept):
            kept.append(snapshot)
    return kept


def _snapshot(row: Any, *, place: str) -> Snapshot:
    match row:
        case [str(moment), dict(votes), *_]:
            pass
        case _:
            raise SourceError(f"{place} is not a moment and votes by paper")
    try:
        seen_at = datetime.fromisoformat(moment)
        if seen_at.tzinfo is None:
            raise SourceError(f"{place}: its moment has no time zone")
        counts = {paper: fields.count(count, name="votes") for paper, count in votes.items()}
        return Snapshot(seen_at.astimezone(UTC), counts)
    except (ValueError, OverflowError) as error:
        raise SourceError(f"{place}: its moment is no ISO 8601 one") from error
    except fields.BadField as error:
        raise SourceError(f"{place}: {error}") from error
