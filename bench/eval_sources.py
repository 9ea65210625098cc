"""Read every recorded answer of a folder with the reader that it is meant for.

    python bench/eval_sources.py DATA_FOLDER

Prints what was read and what was refused, with the reasons.  Exit status 1 if a reader raised
anything but a `SourceError`.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.config.settings")
django.setup()

from papers import sources  # noqa: E402
from papers.sources import PaperRecord, SourceError  # noqa: E402

# Folder or file -> name of the source.  Files that begin with "_" describe the others.
READERS = {
    "arxiv_abs": "arxiv",
    "arxiv_atom": "arxiv",
    "arxiv_oai": "arxiv-oai",
    "arxiv_rss": "arxiv",
    "hf_daily_papers_raw": "huggingface",
    "papers_page_capture.txt": "page",
    "semanticscholar": "semanticscholar",
}


class Outcome:
    """What became of the files of one folder."""

    def __init__(self) -> None:
        self.files = self.read = self.without = 0
        self.withdrawn = self.updates = 0
        self.records: Counter[str] = Counter()  # reason -> refused records
        self.whole: dict[str, str] = {}  # file -> why it was refused
        self.wrong: dict[str, str] = {}  # file -> an exception that nobody expects
        self.seconds = 0.0

    def take(self, path: Path, *, source: str) -> None:
        before = self.read + sum(self.records.values())
        began = time.perf_counter()
        try:
            for item in sources.load(source).read(path, listed_on=None):
                self._count(item)
        except SourceError as error:
            self.whole[path.name] = str(error).replace(str(path), path.name)
        except Exception as error:  # noqa: BLE001  # that there is none is what we find out
            self.wrong[path.name] = repr(error)
        self.seconds += time.perf_counter() - began
        self.files += 1
        is_empty = before == self.read + sum(self.records.values())
        self.without += is_empty and path.name not in self.whole

    def _count(self, item: sources.Item) -> None:
        if not isinstance(item, PaperRecord):
            self.records[getattr(item, "reason", "")] += 1
            return
        self.read += 1
        self.withdrawn += bool(item.is_withdrawn)
        self.updates += item.is_update


def files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    else:
        yield from sorted(path for path in place.iterdir() if path.name[0] not in "._")


def report(name: str, outcome: Outcome) -> Iterator[str]:
    yield (
        f"{name}: {outcome.files} files, {outcome.read} records read "
        f"({outcome.updates} updates only, {outcome.withdrawn} withdrawn), "
        f"{sum(outcome.records.values())} refused, {outcome.without} files without records, "
        f"{len(outcome.whole)} files refused, {outcome.seconds:.2f} s"
    )
    for reason, count in outcome.records.most_common():
        yield f"    {count} x {reason}"
    for path, reason in outcome.whole.items():
        yield f"    refused {path}: {reason[:150]}"
    for path, error in outcome.wrong.items():
        yield f"    WRONG {path}: {error}"


def main(folder: Path) -> int:
    status = 0
    for name, source in READERS.items():
        if not (folder / name).exists():
            sys.stdout.write(f"{name}: not there\n")
            continue
        outcome = Outcome()
        for path in files(folder / name):
            outcome.take(path, source=source)
        sys.stdout.writelines(f"{line}\n" for line in report(name, outcome))
        status = max(status, int(bool(outcome.wrong)))
    return status


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
