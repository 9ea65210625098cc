"""Contests between ways to score lists; each list is one round.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from papers.evaluation.measures import MEASURES, Interval, difference, interval

OURS, VOTES, HACKER_NEWS, RANDOM = "ours", "raw votes", "Hacker News", "random"
FEWEST = 5  # lists that can show that one contestant is better
SEED = 20_260_227


def hacker_news(votes: float, *, hours: float) -> float:
    """(votes - 1) / (hours + 2) ** 1.8, as it became known; source: Amix Salihefendic's blog."""
    return float((votes - 1) / (hours + 2) ** 1.8)


@dataclass
class Trial:
    """What every contestant got in every measure, list by list."""

    name: str
    about: str
    papers: int = 0
    results: dict[str, dict[str, list[float | None]]] = field(default_factory=dict)

    def add(self, scores: Mapping[str, Sequence[float]], votes: Sequence[float]) -> None:
        """Hold one round: scores by contestant, and the votes that they should foretell."""
        self.papers += len(votes)
        for contestant, given in scores.items():
            kept = self.results.setdefault(contestant, {name: [] for name in MEASURES})
            for name, measure in MEASURES.items():
                kept[name].append(measure(given, votes))

    def interval(self, contestant: str, measure: str) -> Interval | None:
        return interval(self.results[contestant][measure], Random(SEED))

    def lead(self, measure: str, *, over: str = VOTES) -> Interval | None:
        """How far ours is ahead of another, list by list."""
        ours, theirs = self.results[OURS][measure], self.results[over][measure]
        return difference(ours, theirs, Random(SEED))

    def lines(self) -> list[str]:
        """The table as text."""
        if not self.results:
            return [f"{self.name}: {self.about}", "  nothing to measure: no list qualifies", ""]
        rows = [
            _row(contestant, [self.interval(contestant, name) for name in MEASURES], "{:.3f}")
            for contestant in self.results
        ]
        return [
            f"{self.name}: {self.about}",
            f"  {self.lists} lists, {self.papers} papers",
            "  " + f"{'':14}" + "".join(f"{name:24}" for name in MEASURES).rstrip(),
            *rows,
            _row("ours - votes", [self.lead(name) for name in MEASURES], "{:+.3f}"),
            f"  {self.verdict()}",
            "",
        ]

    @property
    def lists(self) -> int:
        return len(next(iter(self.results[OURS].values())))

    def verdict(self) -> str:
        """Whether ours beats raw votes, in words; what is unsure is said to be."""
        if self.lists < FEWEST:
            return f"fewer than {FEWEST} lists show nothing"
        leads = {name: self.lead(name) for name in MEASURES}
        better = [name for name, lead in leads.items() if lead and lead.low > 0]
        worse = [name for name, lead in leads.items() if lead and lead.high < 0]
        if not better and not worse:
            same = all(lead is None or lead.low == lead.high == 0 for lead in leads.values())
            return f"ours {'equals' if same else 'is not surely better or worse than'} raw votes"
        said = [f"beats raw votes in {', '.join(better)}"] if better else []
        said += [f"loses to raw votes in {', '.join(worse)}"] if worse else []
        return f"ours {' and '.join(said)}"


def _row(name: str, intervals: Sequence[Interval | None], number: str) -> str:
    cells = [found.written(number) if found else "-" for found in intervals]
    return f"  {name:14}{''.join(f'{cell:24}' for cell in cells)}".rstrip()
