"""Taking in 1,000 papers, from the bytes of a saved answer to scored rows; then training.

`python bench/bench_ingest.py [--papers FOLDER] [--train 16000]`: on SQLite and on a durable
Postgres, each in a process of its own, whose peak memory is printed.  Without the files of
`bench.corpus` in the folder, papers are made up from the words of the shipped topics.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random  # chance that can be had again
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
os.environ.setdefault("SITE_URL", "https://news.example.org")
os.environ.setdefault("MAIL_FROM", "Trending Papers <digest@news.example.org>")
os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.config.settings"
os.environ["OPENBLAS_NUM_THREADS"] = "2"  # as many as the machine that is aimed at has

# ruff: noqa: E402  # the path, then the settings, then what needs them
from bench import figures
from tests.postgres import DURABLE, Postgres

FOLDER = ROOT.parent / "shared" / "data"
FILES = ("arxiv_metadata_16k.jsonl.gz", "hf_daily_papers_compact.jsonl.gz")
DAY = date(2026, 3, 16)
AT = datetime(2026, 3, 17, 12, tzinfo=UTC)
PAPERS = 1_000
A_DAY = 50  # papers of one list


def main() -> None:
    options = arguments()
    say(f"{figures.machine()}; {PAPERS:,} papers on lists of {A_DAY}")
    server = Postgres(DURABLE)
    try:
        with tempfile.TemporaryDirectory(prefix="nl-") as folder:
            lists = write_lists(Path(folder), records(options.papers, PAPERS))
            for name, url in (
                ("SQLite", f"sqlite:///{folder}/db.sqlite3"),
                ("Postgres", server.url),
            ):
                environment = {**os.environ, "DATABASE_URL": url}
                manage = [sys.executable, ROOT / "manage.py", "migrate", "-v0"]
                subprocess.run(manage, check=True, env=environment)  # noqa: S603
                for part in (
                    ["ingest", *lists],
                    ["train", str(options.papers), str(options.train)],
                ):
                    command = [sys.executable, __file__, *part]
                    subprocess.run(command, check=True, env={**environment, "NAME": name})  # noqa: S603
    finally:
        server.stop()


def ingest_all(paths: list[str]) -> None:
    """The process that is measured: all papers new, and then all known."""
    import django  # noqa: PLC0415  # the parent sets no database

    django.setup()
    from papers import ingest  # noqa: PLC0415
    from papers.models import Assignment, Paper  # noqa: PLC0415
    from papers.sources import huggingface  # noqa: PLC0415

    for state in ("new", "known"):
        began = time.perf_counter()
        for path in paths:
            items = huggingface.read(Path(path), listed_on=None)
            ingest.take_in("huggingface", items, at=AT)
        took(f"{Paper.objects.count():,} papers, all {state}", began)
    say(f"         {Assignment.objects.count() / Paper.objects.count():.2f} topics a paper")


def train_on(folder: Path, count: int) -> None:
    """The process that trains a model on stored papers."""
    import django  # noqa: PLC0415

    django.setup()
    from papers import training  # noqa: PLC0415
    from papers.models import Paper  # noqa: PLC0415
    from papers.text import title_key  # noqa: PLC0415

    Paper.objects.bulk_create(
        (
            Paper(
                title=record["title"],
                title_key=title_key(record["title"]),
                abstract=record["summary"],
                categories=record.get("categories") or [],
                arxiv_id=f"{number // 20_000:04}.{number % 20_000:05}",
                listed_on=DAY - timedelta(days=900) + timedelta(days=number // A_DAY),
            )
            for number, record in enumerate(records(folder, count))
        ),
        batch_size=500,
    )
    began = time.perf_counter()
    row = training.train(at=AT)
    took(f"training on {row.papers:,} papers ({len(row.weights):,} bytes)", began)


def records(folder: Path, count: int) -> list[dict[str, Any]]:
    """Return so many real records, or ones that are made up."""
    found: dict[str, dict[str, Any]] = {}
    for name in FILES:
        if (folder / name).exists():
            with gzip.open(folder / name, "rt", encoding="utf-8") as file:
                found |= {record["id"]: record for record in map(json.loads, file)}
    real = list(found.values())
    return (real if len(real) >= count else list(made_up(count)))[:count]


def made_up(count: int) -> Iterator[dict[str, Any]]:
    topics = json.loads((ROOT / "papers" / "data" / "topics.json").read_text(encoding="utf-8"))
    phrases = [phrase for topic in topics for phrase in topic["include"]]
    dice = Random(1)  # noqa: S311
    for number in range(count):
        words = " ".join(dice.choices(phrases, k=90))
        yield {
            "id": f"2603.{number:05}",
            "title": f"Study {number}: {words[:80]}",
            "summary": words,
        }


def write_lists(folder: Path, some: list[dict[str, Any]]) -> list[str]:
    """Write what the daily-papers API would answer, a file a day."""
    paths = []
    for start in range(0, len(some), A_DAY):
        day = DAY - timedelta(days=start // A_DAY)
        items = [
            {
                "paper": {
                    "id": f"2603.{start + number:05}",
                    "title": record["title"],
                    "summary": record["summary"],
                    "upvotes": number,
                    "authors": [{"name": f"Author {number}"}],
                },
                "title": record["title"],
                "numComments": number % 7,
            }
            for number, record in enumerate(some[start : start + A_DAY])
        ]
        path = folder / f"{day}.json"
        path.write_text(json.dumps(items), encoding="utf-8")
        paths.append(str(path))
    return paths


def took(what: str, began: float) -> None:
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"{os.environ['NAME']:9}{what:45}{seconds:7.1f} s, peak {peak:.0f} MB")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--papers", type=Path, default=FOLDER, help="default: %(default)s")
    parser.add_argument("--train", type=int, default=16_000, help="papers to train on")
    return parser.parse_args()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["ingest", *paths]:
            ingest_all(paths)
        case ["train", folder, count]:
            train_on(Path(folder), int(count))
        case _:
            main()
