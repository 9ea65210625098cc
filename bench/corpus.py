"""Digests by the thousand from real papers, for whoever wants to look at many."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random  # chance that can be had again
from typing import Any

from newsletter.models import Delivery, Issue
from newsletter.picks import Pick, Why, pack
from papers.merging import ABSTRACT_LENGTH, TITLE_LENGTH, readable_names
from papers.models import Assignment, Paper, Topic
from papers.sources import fields, sample
from papers.text import readable, title_key
from subscriptions.models import Phrase, Subscriber

FOLDER = Path(__file__).parents[2] / "shared" / "data"
FILES = ("hf_daily_papers_compact.jsonl.gz", "arxiv_metadata_16k.jsonl.gz")
DAY = date(2026, 3, 16)
MOMENT = datetime(2026, 3, 17, 7, tzinfo=UTC)
WORDS = ("diffusion", "agents", "graph neural networks", "Ada Example", "Größe", "<x> & y")
MOST_PAPERS = 30  # of one digest


def store_papers(folder: Path) -> int:
    """Store the papers of the files in `folder`, else of the bundled sample."""
    lines = [line for name in FILES for line in _lines(folder / name)]
    made = [_from_line(line) for line in lines] or list(_from_sample())
    papers = list({paper.arxiv_id: paper for paper in made}.values())
    Paper.objects.bulk_create(papers, batch_size=500)
    topics, dice = list(Topic.objects.all()), Random(1)  # noqa: S311
    Assignment.objects.bulk_create(
        (
            Assignment(paper=paper, topic=topic, reason=f'title mentions "{topic.name.lower()}"')
            for paper in Paper.objects.only("pk")
            for topic in dice.sample(topics, 3)
        ),
        batch_size=500,
    )
    return len(papers)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)


def _from_line(line: dict[str, Any]) -> Paper:
    """A line of either file: both name the same things alike."""
    count = line.get("n_authors") or 0
    authors = line.get("authors") or [f"Author Number{number}" for number in range(count)]
    title = readable(fields.title(line["title"]), limit=TITLE_LENGTH)
    return Paper(
        title=title,
        title_key=title_key(title),
        arxiv_id=fields.arxiv_id(line["id"]) or None,
        abstract=readable(fields.abstract(line["summary"]), limit=ABSTRACT_LENGTH),
        authors=list(readable_names(authors)),
        categories=list(fields.categories(line.get("categories") or [])),
        code_url=fields.repository(line.get("github_repo")),
        project_url=fields.web_address(line.get("project_page")),
        votes=line.get("upvotes") or 0,
        comments=line.get("num_comments") or 0,
        stars=line.get("github_stars") or 0,
        trend_score=min((line.get("upvotes") or 0) / 300, 1),
        listed_on=DAY,
        first_seen_at=MOMENT,
    )


def _from_sample() -> Iterator[Paper]:
    for record in sample.fetch(since=DAY, until=DAY):
        yield Paper(
            title=record.title,
            title_key=title_key(record.title),
            arxiv_id=record.arxiv_id,
            summary=record.summary,
            authors=list(record.authors),
            categories=list(record.categories),
            code_url=record.code_url,
            project_url=record.project_url,
            votes=record.counts[-1].votes if record.counts else 0,
            listed_on=DAY,
            first_seen_at=MOMENT,
        )


def deliveries(count: int, *, seed: int = 1) -> Iterator[Delivery]:
    """Store and yield `count` deliveries to readers of their own, with papers by chance.

    An issue has a thousand of them; every kind of issue and of reason comes up.
    """
    dice = Random(seed)  # noqa: S311
    papers = list(Paper.objects.values_list("pk", flat=True))
    topics = list(Topic.objects.values_list("pk", flat=True))
    phrases = [Phrase.objects.get_or_create(text=text, **_kind(text))[0].pk for text in WORDS]
    for number in range(0, count, 1000):
        cadence = Issue.Cadence.values[number // 1000 % len(Issue.Cadence.values)]
        on = DAY + timedelta(days=1 + number // 1000)
        issue = Issue.objects.create(cadence=cadence, on=on, opened_at=MOMENT)
        readers = _readers(range(number, min(number + 1000, count)), cadence=cadence)
        for some in _chunks(readers, 500):
            yield from Delivery.objects.bulk_create(
                Delivery(
                    issue=issue,
                    subscriber=reader,
                    packed_picks=pack(_picks(dice, papers, topics, phrases)),
                )
                for reader in some
            )


def _kind(text: str) -> dict[str, str]:
    return {"kind": Phrase.Kind.AUTHOR if "Ada" in text else Phrase.Kind.KEYWORD}


def _readers(numbers: range, *, cadence: str) -> list[Subscriber]:
    return Subscriber.objects.bulk_create(
        Subscriber(
            email=f"reader{number}@example{number % 7}.net",
            state=Subscriber.State.CONFIRMED,
            state_changed_at=MOMENT,
            cadence=cadence,
        )
        for number in numbers
    )


def _picks(
    dice: Random, papers: Sequence[int], topics: Sequence[int], phrases: Sequence[int]
) -> list[Pick]:
    length = min(dice.choice([1, 3, 5, 7, 7, 7, 10, 15, 20, MOST_PAPERS]), len(papers))
    picks = []
    for paper in dice.sample(papers, length):
        why = dice.choice(list(Why))
        of = {Why.TOPIC: topics, Why.KEYWORD: phrases, Why.AUTHOR: phrases}.get(why, [0])
        also = dice.choice([0, *topics]) if why is Why.TOPIC else 0
        picks.append(Pick(paper, dice.random(), why, dice.choice(of), also))
    return picks


def _chunks(readers: Sequence[Subscriber], size: int) -> Iterator[Sequence[Subscriber]]:
    rest = iter(readers)
    while some := list(islice(rest, size)):
        yield some
