"""Files that people upload: recognised, tried, kept for an hour, and stored when they say so."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from papers import dry_run, ingest, recognising, sources
from papers.models import Ingestion, Upload
from papers.sources import Item, SourceError, packed

MOST_BYTES = 10_000_000  # as it is uploaded
MOST_UNPACKED = 50_000_000
MOST_RECORDS = 2_000  # what is tried and stored while somebody waits for the page


def safe_name(name: str) -> str:
    """Return what of a file name does no harm in a path, a message or a terminal."""
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", last)[-100:].strip(". _-") or "upload"


def recognise(content: bytes, *, name: str) -> str:
    """Name the source that can read the file; raise `SourceError`."""
    with _as_file(content, name=name) as path:
        return recognising.source_of(path)


def try_out(upload: Upload, *, at: datetime) -> dry_run.DryRun:
    """Say what storing the file would change; nothing is stored."""
    return dry_run.of(_items(upload), at=at)


def store(upload: Upload, *, at: datetime) -> Ingestion:
    """Forget the file and store its papers.

    Raises:
        Upload.DoesNotExist: if somebody did so already.
        SourceError: as `ingest.take_in` does.
    """
    if not upload.delete()[0]:
        raise Upload.DoesNotExist
    return ingest.take_in(upload.source, _items(upload), place=f"uploaded: {upload.name}", at=at)


def _items(upload: Upload) -> Iterator[Item]:
    with _as_file(bytes(upload.content), name=upload.name) as path:
        yield from _limited(sources.load(upload.source).read(path, listed_on=upload.listed_on))


def _limited(items: Iterator[Item]) -> Iterator[Item]:
    yield from islice(items, MOST_RECORDS)
    if next(items, None):
        raise SourceError(
            f"it holds more than {MOST_RECORDS:,} records, and what comes after them is not read: "
            "cut it into several files, or use manage.py ingest_papers"
        )


@contextmanager
def _as_file(content: bytes, *, name: str) -> Iterator[Path]:
    """Give the content, unpacked, to those who read files, under a name that does no harm.

    What a `SourceError` says does not name our folder.
    """
    with TemporaryDirectory(prefix="upload-") as folder:
        packed_path, path = Path(folder, ".packed"), Path(folder, safe_name(name))
        packed_path.write_bytes(content)
        try:
            with packed.opened(packed_path, most=MOST_UNPACKED) as inner, path.open("wb") as outer:
                shutil.copyfileobj(inner, outer)
            yield path
        except SourceError as error:
            message = str(error).replace(str(packed_path), path.name).replace(f"{folder}/", "")
            raise SourceError(message) from error
