"""The bundled sample: real papers with made-up votes, to try the product without a network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from papers.sources import Counts, PaperRecord, Refused, SourceError, fields, reading

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample.json"


def read(path: Path, *, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
    """Read a sample file as if `listed_on`, else today, were its newest list date."""
    now = datetime.now(UTC)
    yield from _read(path, newest=listed_on or now.date(), now=now)


def fetch(*, since: date, until: date) -> Iterator[PaperRecord | Refused]:
    """Yield the whole bundled sample, whose newest list date becomes `until`.

    `since` is ignored: the sample is a week that belongs together.
    """
    yield from _read(SAMPLE, newest=until, now=datetime.now(UTC))


def _read(path: Path, *, newest: date, now: datetime) -> Iterator[PaperRecord | Refused]:
    match reading.parse_json(reading.read_bytes(path), place=str(path)):
        case {"papers": list(items)}:
            pass
        case _:
            raise SourceError(f'{path} is no sample: it holds no list named "papers"')
    for number, item in enumerate(items, start=1):
        place = f"{path.name}, record {number}"
        try:
            yield _record(item, place=place, newest=newest, now=now)
        except fields.BadField as error:
            yield Refused(place, str(error), excerpt=fields.abstract(repr(item)[:500]))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            yield Refused(place, f"it is not a sample paper: {error!r}"[:500])


def _record(item: Any, *, place: str, newest: date, now: datetime) -> PaperRecord:
    listed_on = newest - timedelta(days=item["day"])
    return PaperRecord(
        title=fields.title(item["title"]),
        place=place,
        arxiv_id=fields.arxiv_id(item["arxiv_id"]),
        summary=fields.abstract(item["summary"]),
        authors=fields.names(item["authors"]),
        categories=fields.categories(item["categories"]),
        topics=tuple(item["topics"]),
        published_at=fields.moment(item["published_on"], until=now),
        listed_on=listed_on,
        code_url=fields.repository(item["code_url"]),
        project_url=fields.web_address(item["project_url"]),
        counts=_counts(item["votes"], listed_on=listed_on, now=now),
    )


def _counts(rows: Any, *, listed_on: date, now: datetime) -> tuple[Counts, ...]:
    """Turn [hours after the list appeared, votes, comments, stars] into counts up to `now`."""
    made_up = (
        Counts(
            seen_at=fields.midnight(listed_on) + timedelta(hours=hours),
            votes=fields.count(votes, name="votes"),
            comments=fields.count(comments, name="comments"),
            stars=fields.count(stars, name="stars"),
        )
        for hours, votes, comments, stars in rows
    )
    return tuple(counts for counts in made_up if counts.seen_at <= now)
