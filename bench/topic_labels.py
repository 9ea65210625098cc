"""Our own labels of 347 papers, made ready for `manage.py evaluate_topics`.

`python bench/topic_labels.py FOLDER OUT [--part dev|test]` looks the papers up in the files of
FOLDER (the page capture, and the papers of `bench.corpus`) by a hash of their titles, and writes
OUT/papers.json and OUT/labels.json.  Two readers gave labels, from title and abstract, without
knowing of each other: what a paper is clearly about, and what else can be defended.  "both" is
what is clear to both, "either" what is clear to one at least, or with `--wide` can be defended.
Rules and cuts were chosen on the part "dev"; the part "test" was looked at thrice, at the end.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import secrets
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.config.settings"

import django

django.setup()

# ruff: noqa: E402  # the path, then the settings, then the rest
from papers.sources import PaperRecord, page
from papers.text import readable, title_key

LABELS = Path(__file__).with_name("topic_labels.json")
PAGE, LISTS = "papers_page_capture.txt", "hf_daily_papers_compact.jsonl.gz"


def main(folder: Path, out: Path, part: str, *, is_wide: bool = False) -> None:
    rows = [row for row in json.loads(LABELS.read_text()) if part in ("all", row["part"])]
    texts = {key(title): (title, abstract) for title, abstract in papers(folder)}
    found = [row for row in rows if row["title"] in texts]
    numbered = list(enumerate(found, start=1))
    write(
        out / "papers.json",
        [
            {"n": number, "title": texts[row["title"]][0], "abstract": texts[row["title"]][1]}
            for number, row in numbered
        ],
    )
    write(
        out / "labels.json",
        [{"n": number, **labels(row, is_wide=is_wide)} for number, row in numbered],
    )
    sys.stdout.write(f"{len(found)} of {len(rows)} labelled papers are in {folder}\n")


def papers(folder: Path) -> Iterator[tuple[str, str]]:
    for record in page.read(folder / PAGE, listed_on=date(2025, 3, 14)):
        if isinstance(record, PaperRecord):
            yield record.title, record.abstract
    with gzip.open(folder / LISTS, "rt", encoding="utf-8") as file:
        for line in map(json.loads, file):
            yield readable(line["title"], limit=500), readable(line["summary"], limit=20_000)


def labels(row: dict[str, list[str]], *, is_wide: bool) -> dict[str, list[str]]:
    first, second = set(row["first"]), set(row["second"])
    more = {*row["first_defends"], *row["second_defends"]} if is_wide else set()
    return {"either": sorted(first | second | more), "both": sorted(first & second)}


def key(title: str) -> str:
    return hashlib.sha256(title_key(title).encode()).hexdigest()[:16]


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--wide", action="store_true", help="what can be defended is right, too")
    parser.add_argument("--part", choices=["dev", "test", "all"], default="all")
    options = parser.parse_args()
    main(options.folder, options.out, options.part, is_wide=options.wide)
