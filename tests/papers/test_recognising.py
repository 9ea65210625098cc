"""Files are known by their content, whatever they are called."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from papers import recognising
from papers.sources import REGISTRY, SourceError

DATA = Path(__file__).parents[1] / "data" / "papers"
SAMPLE = Path(__file__).parents[2] / "papers" / "data" / "sample.json"

CONTENTS = {
    "a page as text": ((DATA / "page.txt").read_bytes(), "page"),
    "a page as HTML": ((DATA / "page.html").read_bytes(), "page"),
    "a feed": ((DATA / "arxiv.xml").read_bytes(), "arxiv"),
    "a day's answer": ((DATA / "2026-03-16.json").read_bytes(), "huggingface"),
    "an answer on one line": (b'[{"paper": {"id": "2603.01234"}}]', "huggingface"),
    "a saved answer": (b'{"data": [{"paper": {}}]}', "huggingface"),
    "a saved answer on lines": (b'{\n  "data": [\n {"paper": {}}\n]}', "huggingface"),
    "an error": (b'{"error": "not found"}', "huggingface"),
    "a list on lines": (b'[\n  {"paper": {}}\n]', "huggingface"),
    "the sample": (SAMPLE.read_bytes(), "sample"),
    "a line": (b'{"title": "Skating"}', "jsonl"),
    "torn lines": (b'{"title": "Ska\n{"title": "Skating"}', "jsonl"),
    "a table": (b"votes,title\n1,Skating", "csv"),
    "a table from Excel": (b"sep=;\r\nvotes;title\r\n1;Skating", "csv"),
    "a table in UTF-16": ("votes\ttitle\r\n".encode("utf-16"), "csv"),
    "a packed table": (gzip.compress(b"\xef\xbb\xbftitle\nSkating"), "csv"),
    "words about a title": (b"The title, and more\nof it", "page"),
}


@pytest.mark.parametrize(("content", "source"), CONTENTS.values(), ids=CONTENTS)
def test_the_content_names_the_source(tmp_path, content, source):
    path = tmp_path / "upload.bin"
    path.write_bytes(content)
    assert recognising.source_of(path) == source
    assert source in REGISTRY


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\0\0\0\0", b"\x1f\x8b\x08torn"])
def test_what_is_no_text_is_an_error(tmp_path, content):
    path = tmp_path / "upload.bin"
    path.write_bytes(content)
    with pytest.raises(SourceError):
        recognising.source_of(path)
