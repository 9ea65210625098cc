"""A chart of lines over time, as the numbers that an SVG needs.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor, log10

WIDTH, HEIGHT = 480, 220  # units of the drawing, as all places below
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 32  # margins
MOMENT = "%d %b %H:%M"
STYLES = 4  # lines that can be told apart; then they begin anew

Series = Sequence[tuple[datetime, int]]  # in order of time, values >= 0


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    style: int  # 0..STYLES - 1
    dots: list[tuple[float, float]]
    first: int
    newest: int
    most: int

    @property
    def points(self) -> str:
        return " ".join(f"{x:g},{y:g}" for x, y in self.dots)

    @property
    def sentence(self) -> str:
        if self.first == self.newest == self.most:
            return f"{self.name}: {self.newest:,} throughout"
        return f"{self.name}: from {self.first:,} to {self.newest:,}, at most {self.most:,}"


@dataclass(frozen=True, slots=True)
class Chart:
    lines: list[Line]
    across: list[Tick]  # moments, from left to right
    upward: list[Tick]  # values, from the lowest

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM

    @property
    def sentence(self) -> str:
        """All of it for who cannot see it."""
        return "; ".join(line.sentence for line in self.lines)


def line_chart(series: Mapping[str, Series], *, moments: str = MOMENT) -> Chart | None:
    """Draw one line for each series that has values; None if there is nothing to draw.

    Args:
        moments: how to write the ends of the time line, as strftime wants it.
    """
    named = {name: values for name, values in series.items() if values}
    if not named:
        return None
    seen = [when for values in named.values() for when, _ in values]
    start, end = min(seen), max(seen)
    ceiling = _ceiling(max(value for values in named.values() for _, value in values))

    def across(when: datetime) -> float:
        share = (when - start) / (end - start) if end > start else 0.5
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def upward(value: float) -> float:
        return round(HEIGHT - BOTTOM - value / ceiling * (HEIGHT - TOP - BOTTOM), 1)

    lines = [
        _line(name, values, style=number % STYLES, dots=[(across(w), upward(v)) for w, v in values])
        for number, (name, values) in enumerate(named.items())
    ]
    ends = [start, end] if end > start else [start]
    return Chart(
        lines=lines,
        across=[Tick(across(when), f"{when:{moments}}") for when in ends],
        upward=[Tick(upward(value), f"{value:,}") for value in (0, ceiling // 2, ceiling)],
    )


def _line(name: str, values: Series, *, style: int, dots: list[tuple[float, float]]) -> Line:
    numbers = [value for _, value in values]
    return Line(name, style, dots, first=numbers[0], newest=numbers[-1], most=max(numbers))


def _ceiling(most: int) -> int:
    """Return the next number that reads well and has a whole half: 2, 4, 10, 20, 40, 100 ..."""
    most = max(most, 2)
    power: int = 10 ** floor(log10(most))
    return next(step * power for step in (1, 2, 4, 10) if step * power >= most)
