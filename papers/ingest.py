"""Store what a source says: new papers are added, known ones updated, none doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import cast

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from papers import classify, rows, scoring, sources
from papers.merging import Draft, check, fingerprint
from papers.models import Ingestion, Refusal
from papers.sources import (
    Bookmark,
    Item,
    PageRead,
    PaperRecord,
    Refused,
    Resumable,
    SourceError,
)

BATCH_SIZE = 200  # records in one transaction

Progress = Callable[[int], None]  # is told how many records were read so far


def take_in(
    source: str,
    items: Iterable[Item],
    *,
    place: str = "",
    at: datetime,
    progress: Progress | None = None,
) -> Ingestion:
    """Store the records, then classify their papers and score their lists.

    The latter happens for all that was stored, also if the source breaks off; raises its
    `SourceError` afterwards.
    """
    intake = Intake(source, place=place, at=at)
    try:
        intake.store(items, progress=progress)
    finally:
        classify.classify_papers(intake.paper_ids)
        scoring.score_lists(intake.list_dates)
    return intake.ingestion


def due(names: Collection[str], *, every: timedelta, at: datetime) -> list[str]:
    """Return those sources whose last reading began at least `every` ago, or never."""
    recent = Ingestion.objects.filter(source__in=names, started_at__gt=at - every)
    begun = set(recent.values_list("source", flat=True))
    return [name for name in names if name not in begun]


def fetched(source: str, *, since: date, until: date) -> Iterator[Item]:
    """Fetch from a registered source.  Nothing happens, nor fails, before the first record.

    A source of long readings goes on where the last one broke off.
    """
    if bookmark := left_off(source):
        module = cast(Resumable, sources.load(source))
        yield from module.fetch(since=since, until=until, bookmark=bookmark)
    else:
        yield from sources.load(source).fetch(since=since, until=until)


def left_off(source: str) -> str:
    """Return the bookmark at which the last reading of this source broke off, or "".

    A reading that broke off before its first bookmark changes nothing.
    """
    came_far = ~Q(bookmark="") | Q(finished_at__isnull=False, error="")
    readings = Ingestion.objects.filter(came_far, source=source)
    return readings.values_list("bookmark", flat=True).first() or ""


class Intake:
    """One reading of one source."""

    def __init__(self, source: str, *, place: str, at: datetime) -> None:
        self.at = at
        self.ingestion = Ingestion.objects.create(source=source, place=place[:500], started_at=at)
        self.list_dates: set[date] = set()  # lists whose papers or counts may have changed
        self._before: dict[int, int | None] = {}  # paper id -> fingerprint, None if it was new
        self._outcome: dict[int, str] = {}  # paper id -> what the ingestion counts it as

    @property
    def paper_ids(self) -> Collection[int]:
        """The papers that the records were about, changed or not."""
        return self._before.keys()

    def store(self, items: Iterable[Item], *, progress: Progress | None = None) -> None:
        """Store the records in batches, each of which is stored whole or not at all.

        A page counts as read only with all records before it.  If the source fails, what it
        gave before stays stored.  A `SourceError` is noted in the ingestion and raised again;
        after any other error it stays unfinished.  A bookmark is kept with all that came
        before it, until a reading comes to its end.
        """
        batch: list[PaperRecord | Refused | PageRead] = []
        try:
            for number, item in enumerate(items, start=1):
                if isinstance(item, Bookmark):
                    self.ingestion.bookmark = item.text
                else:
                    batch.append(item)
                if isinstance(item, Bookmark) or len(batch) == BATCH_SIZE:
                    batch, full = [], batch
                    self._store(full)
                if progress:
                    progress(number)
        except SourceError as error:
            self.ingestion.error, self.ingestion.finished_at = str(error)[:500], now()
            raise
        else:
            self.ingestion.finished_at, self.ingestion.bookmark = now(), ""
        finally:
            self._store(batch)

    @transaction.atomic
    def _store(self, items: Collection[PaperRecord | Refused | PageRead]) -> None:
        _wait_for_other_batches()
        pages = [item for item in items if isinstance(item, PageRead)]
        checked = [check(item, at=self.at) for item in items if not isinstance(item, PageRead)]
        records = [item for item in checked if isinstance(item, PaperRecord)]
        drafts = rows.lay(records, at=self.at)
        rows.save(drafts, source=self.ingestion.source)
        rows.save_pages(pages, at=self.at)
        self._note_newest(records)
        self.ingestion.unchanged_pages += sum(page.is_unchanged for page in pages)
        self._report(drafts, [item for item in checked if isinstance(item, Refused)])

    def _note_newest(self, records: Iterable[PaperRecord]) -> None:
        days = [record.listed_on for record in records if record.listed_on]
        known = [self.ingestion.newest_list] if self.ingestion.newest_list else []
        self.ingestion.newest_list = max(days + known, default=None)

    def _report(self, drafts: Iterable[Draft], refused: Iterable[Refused]) -> None:
        for draft in drafts:
            before = self._before.setdefault(draft.paper.pk, draft.before)
            is_same = before == fingerprint(draft.paper)
            changed = "created" if before is None else "updated"
            self._outcome[draft.paper.pk] = "unchanged" if is_same else changed
            self.list_dates |= draft.list_dates

        counts = Counter(self._outcome.values())
        ingestion = self.ingestion
        ingestion.created, ingestion.updated = counts["created"], counts["updated"]
        ingestion.unchanged = counts["unchanged"]
        ingestion.save()
        Refusal.objects.bulk_create(
            Refusal(ingestion=ingestion, place=item.place, reason=item.reason, excerpt=item.excerpt)
            for item in refused
        )


def _wait_for_other_batches() -> None:
    """Let one batch at a time look for papers and add them, so that two never add the same."""
    running = Ingestion.objects.filter(finished_at=None).order_by("pk")
    list(running.select_for_update().values_list("pk"))
