"""One use of a macro, and how its arguments are read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from papers.tex.terms import Reading, Strange


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a macro."""

    reader: Reading
    name: str
    after: int  # the position behind the name
    end: int
    is_math: bool
    before: str  # what the formula has immediately before it

    @property
    def next(self) -> str:
        """The character behind the name, "" at the end."""
        return self.reader.source[self.after : min(self.after + 1, self.end)]

    def skip(self, pattern: re.Pattern[str] | str) -> int:
        """Return the position behind the name and what matches the pattern there."""
        found = re.compile(pattern).match(self.reader.source, self.after, self.end)
        return found.end() if found else self.after

    def arguments(self, kinds: str, *, at: int | None = None) -> tuple[list[str], int]:
        """Read as many arguments as there are `kinds`, and return where reading goes on.

        "m" is read as what the macro stands in, "t" as text, "s" not at all: its source.
        """
        at, spans, reader = self.after if at is None else at, [], self.reader
        for _ in kinds:
            first, last, behind = reader.span(at, self.end)
            if last == behind and not (self.is_math and _is_bare_argument(reader.source, first)):
                raise Strange
            spans.append((first, last))
            at = behind
        ways = {
            "m": reader.math if self.is_math else reader.text,
            "t": reader.text,
            "s": lambda first, last: reader.source[first:last].strip(),
        }
        texts = [reader.inside(ways[kind], *span) for kind, span in zip(kinds, spans, strict=True)]
        return texts, at


def _is_bare_argument(source: str, at: int) -> bool:
    """Whether one character is meant, as in `\\frac12`, and not the beginning of a word."""
    letters = source[at : at + 3]
    return len(letters) < 3 or not letters.isalpha()
