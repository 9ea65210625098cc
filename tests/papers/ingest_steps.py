"""Records as a source gives them, and taking them in."""

from __future__ import annotations

from datetime import UTC, date, datetime

from papers import ingest
from papers.sources import Counts, PaperRecord

AT = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
DAY = date(2026, 3, 16)


def record(number=1, **fields):
    fields.setdefault("title", f"Skating robots {number}")
    fields.setdefault("arxiv_id", f"2603.{number:05}")
    fields.setdefault("listed_on", DAY)
    return PaperRecord(place=f"record {number}", **fields)


def records(count, **fields):
    return [record(number, **fields) for number in range(1, count + 1)]


def take(source, items, *, at=AT, place="", progress=None):
    """Store and no more: neither classified nor scored."""
    intake = ingest.Intake(source, place=place, at=at)
    intake.store(items, progress=progress)
    return intake.ingestion


def store(*items, source="huggingface", at=AT):
    return take(source, items, at=at)


def outcome(ingestion):
    ingestion.refresh_from_db()
    return ingestion.created, ingestion.updated, ingestion.unchanged


def votes(number, *, hour=8):
    return (Counts(datetime(2026, 3, 16, hour, tzinfo=UTC), votes=number, comments=2, stars=3),)


def breaking_off(*items, error):
    yield from items
    raise error
