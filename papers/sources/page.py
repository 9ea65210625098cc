"""A page of Hugging Face Papers that somebody saved, as text or as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from papers.sources import Counts, PaperRecord, Refused, SourceError, fields, page_lines, reading
from papers.sources.page_lines import Line

# Measured on 6,942 papers: no title has more than 175 characters, no abstract fewer than 165.
PERHAPS_ABSTRACT = 160
SURELY_ABSTRACT = 280

# What the site writes around papers; each pattern must match a whole line.
_FURNITURE = re.compile(
    r"""new | (?:daily\s|trending\s|all\s)?papers | hugging\s?face(?:\spapers)? | models | datasets
    | spaces | docs | community | enterprise | pricing | log\s?in | sign\s?up | subscribe
    | daily | weekly | monthly | previous | next | search | upvote | view\s(?:pdf|on\sarxiv)
    | get\strending\spapers\sin\syour\semail\sinbox!? | by | (?:by\s?)?ak(?:\s?and\sthe\s.*)?
    | and\sthe\sresearch\scommunity | (?:submitted|published)\s(?:by|on)\b.* | \W+
    | [\d.,]+\s?[km]? | \+?\d+\s(?:authors?|comments?|upvotes?|others) | arxiv(?:\s(?:page|pdf))?
    | (?:github|code)(?:\s\W*[\d.,]+\s?[km]?)? | project(?:\spage)? | pdf
    | \d+\s(?:minutes?|hours?|days?)\sago""",
    re.IGNORECASE | re.VERBOSE,
)
# The last abstract of a page that was cut off ends in the middle of something else.
_WHOLE_END = re.compile(r"""[.!?…)\]"”\u2019»]$|(?:https?://|www\.)\S+$""")


@dataclass(frozen=True, slots=True)
class _Pair:
    title: Line
    abstract: Line | None  # None only on HTML pages, which name the arXiv id


@dataclass(frozen=True, slots=True)
class _Odd:
    line: Line
    reason: str


def read(path: Path, *, listed_on: date | None) -> Iterator[PaperRecord | Refused]:
    """Read pairs of title and abstract; the list date is `listed_on` or a line of the page."""
    now = datetime.now(UTC)
    text = reading.decode(reading.read_bytes(path), place=str(path))
    lines = _lines(text, place=str(path))
    last = None if page_lines.is_complete(text) or not lines else lines[-1]
    found = list(_pairs(_content(lines, today=now.date()), last=last))
    if not any(isinstance(item, _Pair) for item in found):
        raise SourceError(f"{path} holds no paper: no title is followed by its abstract")

    day = listed_on or _first_date(lines, today=now.date())
    if day is None:
        raise SourceError(f'{path} has no line with its date, such as "Mar 14": use --date')
    seen_at = fields.end_of_day(day, now=now)
    for item in found:
        yield _outcome(item, name=path.name, listed_on=day, seen_at=seen_at)


def fetch(*, since: date, until: date) -> Iterator[PaperRecord | Refused]:
    raise SourceError("a page is read from a file: use --file")


def _lines(text: str, *, place: str) -> list[Line]:
    try:
        return (
            page_lines.from_html(text) if page_lines.is_html(text) else page_lines.from_text(text)
        )
    except AssertionError as error:  # Python's parser knows no better, before 3.13
        raise SourceError(f"{place} cannot be read as HTML: {error}") from error


def _first_date(lines: Sequence[Line], *, today: date) -> date | None:
    dates = (fields.list_date(line.text, today=today) for line in lines)
    return next((day for day in dates if day), None)


def _content(lines: Sequence[Line], *, today: date) -> list[Line]:
    """Leave out furniture.  Short lines above the first date are the head of the page."""
    is_marked = any(line.arxiv_id for line in lines)
    content: list[Line] = []
    for line in lines:
        if fields.list_date(line.text, today=today):
            is_head = all(len(earlier.text) < PERHAPS_ABSTRACT for earlier in content)
            content = [] if is_head and not is_marked else content
        elif line.arxiv_id or not _FURNITURE.fullmatch(line.text):
            is_below_title = bool(content and content[-1].arxiv_id and line.is_paragraph)
            if not is_marked or line.arxiv_id or is_below_title or _is_long(line):
                content.append(line)
    return content


def _is_long(line: Line) -> bool:
    return len(line.text) >= SURELY_ABSTRACT


def _pairs(lines: Sequence[Line], *, last: Line | None) -> Iterator[_Pair | _Odd]:
    """Pair each abstract with the title above it, and name every line that is left alone.

    `last` is the line at which the page may have been cut off.
    """
    title: Line | None = None
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        if _is_abstract(line, title=title, following=following):
            yield _pair(title, line, is_last=line is last)
            title = None
        elif title and line is last and not line.arxiv_id:
            yield _Odd(title, "its abstract is cut off")
            return
        else:
            if title:
                yield _alone(title, is_last=False)
            title = line
    if title:
        yield _alone(title, is_last=title is last)


def _is_abstract(line: Line, *, title: Line | None, following: Line | None) -> bool:
    """Tell by what stands around the line, by its length, and by the full stop."""
    if line.arxiv_id:
        return False
    if _is_long(line) or (title and title.arxiv_id):
        return True
    if title is None or (following and _is_long(following)):
        return False  # a title, perhaps a long one under a line that is none
    return len(line.text) >= PERHAPS_ABSTRACT or line.text.endswith(".")


def _pair(title: Line | None, abstract: Line, *, is_last: bool) -> _Pair | _Odd:
    if title is None:
        return _Odd(abstract, "abstract without a title")
    if is_last and not _WHOLE_END.search(abstract.text):
        return _Odd(title, "its abstract is cut off")
    return _Pair(title, abstract)


def _alone(title: Line, *, is_last: bool) -> _Pair | _Odd:
    """Keep a title that the page links to its paper; any other needs an abstract."""
    if title.arxiv_id and not is_last:
        return _Pair(title, None)
    return _Odd(title, "title without an abstract")


def _outcome(
    item: _Pair | _Odd, *, name: str, listed_on: date, seen_at: datetime
) -> PaperRecord | Refused:
    if isinstance(item, _Odd):
        place = f"{name}, line {item.line.number}"
        return Refused(place, item.reason, excerpt=fields.abstract(item.line.text)[:500])
    title = item.title
    place = f"{name}, line {title.number}"
    try:
        words = fields.title(title.text)
    except fields.BadField as error:
        return Refused(place, str(error))
    return PaperRecord(
        title=words,
        place=place,
        arxiv_id=title.arxiv_id,
        abstract=fields.abstract(item.abstract.text) if item.abstract else "",
        listed_on=listed_on,
        counts=() if title.votes is None else (Counts(seen_at, votes=title.votes),),
    )
