"""Which source can read this file?  Told by how it begins, never by its name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from papers.sources import csv, packed, page_lines

_WRAPPED = re.compile(r'\s*\{\s*"(?:data|error)"')  # as saved answers of Hugging Face begin
_SAMPLE = re.compile(r'\s*\{.{0,2000}"papers"\s*:\s*\[', re.DOTALL)


def source_of(path: Path) -> str:
    """Name the source that can read a file; raise `SourceError` if it is no text."""
    lines = packed.lines(path)
    start = "".join(line for line, _ in zip(lines, range(40), strict=False)).lstrip()
    if start.startswith("<"):
        return "page" if page_lines.is_html(start) else "arxiv"
    if start.startswith(("{", "[")):
        return _of_json(start)
    return "csv" if _has_names(start) else "page"


def _of_json(start: str) -> str:
    """Tell JSON Lines, whose first line is a whole paper, from one large value."""
    match _value(start.partition("\n")[0]):
        case {"papers": list()}:
            return "sample"
        case {"title": _}:
            return "jsonl"
        case {"data": _} | {"error": _} | list():
            return "huggingface"
    if _SAMPLE.match(start):
        return "sample"
    is_one_value = start.startswith("[") or _WRAPPED.match(start)
    return "huggingface" if is_one_value else "jsonl"


def _value(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _has_names(start: str) -> bool:
    first, second, *_ = [*start.splitlines(), "", ""]
    return csv.has_title(second if first.lower().startswith("sep=") else first)
