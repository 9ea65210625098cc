"""How many readers get how many papers, as the bars of an SVG.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 220  # units of the drawing, as all places below
LEFT, RIGHT, TOP, BOTTOM = 76, 16, 14, 32  # margins
GAP = 0.2  # of the place of a bar
MOST_LABELS = 16  # below bars; of more bars every fifth has one


@dataclass(frozen=True, slots=True)
class Bar:
    papers: int
    readers: int
    x: float
    y: float
    wide: float
    high: float
    label: str  # empty: none

    @property
    def middle(self) -> float:
        return round(self.x + self.wide / 2, 1)


@dataclass(frozen=True, slots=True)
class Histogram:
    bars: list[Bar]  # [n]: of the readers who get n papers
    upward: list[tuple[float, str]]  # values and where they are, from the lowest

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM

    @property
    def sentence(self) -> str:
        """All of it for who cannot see it."""
        return ", ".join(f"{bar.papers}: {bar.readers:,}" for bar in self.bars if bar.readers)


def histogram(readers: Sequence[int]) -> Histogram | None:
    """Draw a bar for each number of papers; None if there are no readers.

    Args:
        readers: [n]: how many get n papers.
    """
    most = max(readers, default=0)
    if not most:
        return None
    place = (WIDTH - LEFT - RIGHT) / len(readers)
    step = 1 if len(readers) <= MOST_LABELS else 5
    bars = []
    for papers, count in enumerate(readers):
        high = round(count / most * (HEIGHT - TOP - BOTTOM), 1)
        bars.append(
            Bar(
                papers,
                count,
                x=round(LEFT + (papers + GAP / 2) * place, 1),
                y=round(HEIGHT - BOTTOM - high, 1),
                wide=round(place * (1 - GAP), 1),
                high=high,
                label="" if papers % step else str(papers),
            )
        )
    return Histogram(bars, [(HEIGHT - BOTTOM, "0"), (TOP, f"{most:,}")])
