"""Everything that we hold of one reader, as JSON.  docs/privacy.md says what each part means.

Rows are given with all their columns, so that a new one is told as well.  The text is written a
piece at a time: a long history fills no memory.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.db.models import F, QuerySet

from newsletter import contents, history
from newsletter.models import Event, Sent, SoftBounce
from papers.models import Paper
from subscriptions.models import AddressChange, Subscriber, Suppression, Taste
from subscriptions.models.suppression import hashes_of

FORMAT = "newsletter-export-1"
AT_ONCE = 200  # rows with their papers
OF_THE_DATABASE = {"id", "subscriber_id", "issue_id", "packed_picks", "owner", "lease_until"}
Row = dict[str, Any]


def write(reader: Subscriber, *, at: datetime) -> Iterator[str]:
    """Yield the pieces of a JSON object: `format`, `made_at`, and a list for each of PARTS."""
    yield f'{{"format": {_json(FORMAT)},\n"made_at": {_json(at)}'
    for name, rows in PARTS.items():
        yield f",\n{_json(name)}: ["
        for number, row in enumerate(rows(reader)):
            yield f"{',' if number else ''}\n  {_json(row)}"
        yield "]"
    yield "\n}\n"


def account(reader: Subscriber) -> Iterable[Row]:
    return _rows(Subscriber.objects.filter(pk=reader.pk))


def interests(reader: Subscriber) -> Iterable[Row]:
    rows = reader.interests.order_by("pk").annotate(topic_slug=F("topic__slug"))
    return _rows(rows, without={"topic_id"})


def wishes(reader: Subscriber) -> Iterable[Row]:
    rows = reader.wishes.order_by("pk").annotate(kind=F("phrase__kind"), text=F("phrase__text"))
    return _rows(rows, without={"phrase_id"})


def feedback(reader: Subscriber) -> Iterable[Row]:
    return _about_papers(reader.feedback.order_by("pk"))


def votes(reader: Subscriber) -> Iterable[Row]:
    return _about_papers(reader.votes.order_by("pk"))


def taste(reader: Subscriber) -> Iterable[Row]:
    return _rows(Taste.objects.filter(pk=reader.pk))


def consents(reader: Subscriber) -> Iterable[Row]:
    return _rows(reader.consents.order_by("pk"))


def farewells(reader: Subscriber) -> Iterable[Row]:
    return _rows(reader.farewells.order_by("pk"))


def address_change(reader: Subscriber) -> Iterable[Row]:
    return _rows(AddressChange.objects.filter(pk=reader.pk))


def suppression(reader: Subscriber) -> Iterable[Row]:
    return _rows(Suppression.objects.filter(address_hash__in=hashes_of(reader.email)))


def operators(reader: Subscriber) -> Iterable[Row]:
    """What operators did about him in the admin."""
    model = Subscriber._meta.label_lower.split(".")  # noqa: SLF001  # Django documents it
    entries = LogEntry.objects.filter(
        content_type__app_label=model[0], content_type__model=model[1], object_id=str(reader.pk)
    )
    for entry in entries.order_by("pk").iterator(AT_ONCE):
        yield {"at": entry.action_time, "change": entry.change_message}


def soft_bounces(reader: Subscriber) -> Iterable[Row]:
    return _rows(SoftBounce.objects.filter(subscriber=reader).order_by("pk"))


def letters(reader: Subscriber) -> Iterator[Row]:
    for block in _blocks(reader.letters.all()):
        events = _events(Event.objects.filter(issue=None), [row.public_id for row in block])
        for row in block:
            yield {**_columns(row), "events": events.get(row.public_id, [])}


def deliveries(reader: Subscriber) -> Iterator[Row]:
    """Every digest, with its papers and why each of them was in it."""
    for block in _blocks(reader.deliveries.select_related("issue")):
        of_issues = Event.objects.filter(issue__in={row.issue_id for row in block})
        events = _events(of_issues, [row.public_id for row in block])
        items = contents.items_of(block)
        for row in block:
            papers = [{**_paper(item.paper), "why": item.why} for item in items[row.pk]]
            yield {
                "issue": row.issue.slug, **_columns(row), "papers": papers,
                "events": events.get(row.public_id, []),
            }  # fmt: skip


def sent(reader: Subscriber) -> Iterator[Row]:
    """The history that keeps a paper from coming twice; longer than that of the digests."""
    for block in Sent.objects.filter(subscriber=reader).order_by("block"):
        first = block.block << history.BLOCK_BITS
        ids = [first + offset for offset in history.offsets(block.papers).tolist()]
        papers = Paper.objects.in_bulk(ids)
        yield from (_paper(papers[pk]) for pk in ids if pk in papers)


PARTS: dict[str, Callable[[Subscriber], Iterable[Row]]] = {
    part.__name__: part
    for part in (
        account, interests, wishes, feedback, votes, taste, consents, farewells, address_change,
        suppression, operators, soft_bounces, letters, deliveries, sent,
    )
}  # fmt: skip


def _rows(rows: QuerySet[Any], *, without: Iterable[str] = ()) -> Iterator[Row]:
    hidden = OF_THE_DATABASE | set(without)
    for row in rows.values().iterator(AT_ONCE):
        yield {name: value for name, value in row.items() if name not in hidden}


def _columns(row: Any) -> Row:
    columns = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}  # noqa: SLF001
    return {name: value for name, value in columns.items() if name not in OF_THE_DATABASE}


def _about_papers(rows: QuerySet[Any]) -> Iterator[Row]:
    for row in rows.select_related("paper").iterator(AT_ONCE):
        said = _columns(row)
        del said["paper_id"]
        yield {**said, **_paper(row.paper)}


def _paper(paper: Paper) -> Row:
    return {"title": paper.title, "url": paper.abstract_url}


def _blocks(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """Yield rows in blocks, by the index of their key."""
    last = 0
    while block := list(rows.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        yield block
        last = block[-1].pk


def _events(events: QuerySet[Event], entries: Iterable[UUID]) -> dict[UUID, list[Row]]:
    """What the mail service told of these mails."""
    found: dict[UUID, list[Row]] = {}
    for event in events.filter(entry__in=list(entries), is_ours=True).order_by("at", "key"):
        said = {"kind": event.get_kind_display(), "at": event.at, "reply": event.reply}
        found.setdefault(event.entry, []).append(said)  # type: ignore[arg-type]  # has one
    return found


def _json(value: object) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return b64encode(value).decode() if isinstance(value, bytes | memoryview) else str(value)
