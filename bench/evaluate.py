"""Every measurement of papers, topics, trends and matching, on one folder of real data.

`make eval DATA=FOLDER`, or `python bench/evaluate.py FOLDER`.  What a folder does not hold is
left out, and said so.  Exit status 1 if one of the measurements failed.

| in the folder | measured with it |
|---|---|
| anything | `eval_sources.py`, `eval_text.py` |
| `hf_daily_papers_compact.jsonl.gz` | topics that were labelled by hand, cold starts, matching |
| `papers_page_capture.txt` | topics that were labelled by hand |
| `arxiv_metadata_16k.jsonl.gz` | topics against arXiv's categories |
| `hf_daily_papers_raw/` | cold starts with what is known of submitters |
| `vote_snapshots_6days.json` | early votes against later ones |
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE, LISTS = "papers_page_capture.txt", "hf_daily_papers_compact.jsonl.gz"
CATEGORIES = "arxiv_metadata_16k.jsonl.gz"
DAYS, SNAPSHOTS = "hf_daily_papers_raw", "vote_snapshots_6days.json"

Measurement = tuple[str, list[str], list[str]]  # what it is, command, files that it needs


def measurements(data: Path, scratch: Path) -> Iterator[Measurement]:
    """Yield what can be measured, in the order of a paper's way to a reader."""
    yield "recorded answers of all sources", ["bench/eval_sources.py", str(data)], []
    yield "texts", ["bench/eval_text.py", str(data)], []
    for part in ("dev", "test"):
        made = scratch / part
        made.mkdir()
        yield f"the {part} labels", [
            "bench/topic_labels.py", str(data), str(made), "--part", part,
        ], [PAGE, LISTS]  # fmt: skip
        yield f"topics, against the {part} labels", [
            "manage.py", "evaluate_topics", "--papers", str(made / "papers.json"),
            "--labels", str(made / "labels.json"),
        ], [PAGE, LISTS]  # fmt: skip
    yield "topics, against arXiv's categories", [
        "manage.py", "evaluate_topics", "--categories", str(data / CATEGORIES),
    ], [CATEGORIES]  # fmt: skip
    yield "trends", [
        "manage.py", "evaluate_trending", "--days", str(data / LISTS), str(data / DAYS),
        "--snapshots", str(data / SNAPSHOTS),
    ], [LISTS, DAYS, SNAPSHOTS]  # fmt: skip
    yield "matching", [
        "manage.py", "evaluate_matching", "--papers", str(data / LISTS),
    ], [LISTS]  # fmt: skip


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = ArgumentParser(description="Measure papers, topics, trends and matching.")
    parser.add_argument("data", type=Path, help="a folder of recorded answers and lists")
    data = parser.parse_args().data.resolve()
    if not data.is_dir():
        parser.error(f"{data} is no folder")
    environment = {**os.environ, "DEBUG": "1"}
    failed = []
    with tempfile.TemporaryDirectory() as scratch:
        environment["DATABASE_URL"] = f"sqlite:///{scratch}/empty.sqlite3"
        for what, command, needed in measurements(data, Path(scratch)):
            say(f"\n== {what}\n$ {' '.join(command)}")
            if missing := [name for name in needed if not (data / name).exists()]:
                say(f"left out: the folder has no {', '.join(missing)}")
                continue
            done = subprocess.run(  # noqa: S603  # our own commands
                [sys.executable, *command], cwd=ROOT, env=environment, check=False
            )
            if done.returncode:
                failed.append(what)
    say(f"\nfailed: {', '.join(failed) or 'none'}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
