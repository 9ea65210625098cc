"""Where saved answers of the sources are found, and how they are read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import stamina

from papers import sources
from papers.sources.web import addresses, manners

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def unhurried(db, monkeypatch):
    """Each service may be asked again at once.  Turns and pauses are rows: hence the database."""
    quick = {name: replace(manner, spacing=0) for name, manner in manners.MANNERS.items()}
    monkeypatch.setattr(addresses, "MANNERS", quick)


@pytest.fixture
def real_data():
    """The folder of real answers, which are not ours to hand on and lie beside the checkout."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data was left out: it is not part of this repository")
    return folder


@pytest.fixture
def fixtures():
    return REPOSITORY / "tests" / "data" / "papers"


@pytest.fixture
def read(tmp_path):
    """Read text or bytes as a saved file of the named source."""

    def read(source, content, *, name="saved.txt", listed_on=None):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(sources.load(source).read(path, listed_on=listed_on))

    return read


@pytest.fixture
def impatient():
    """Retry as often as ever, but without waiting."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield
