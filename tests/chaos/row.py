"""One line of the table, and the table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

WIDTHS = {
    "run": 22, "fault": 40, "recipients": 10, "lost": 5, "extra copies": 12, "most copies": 11,
    "parked": 6, "seconds": 7, "goal": 54, "": 4,
}  # fmt: skip


@dataclass
class Row:
    """What one scene found."""

    run: str
    fault: str
    goal: str
    recipients: int = 0
    lost: int = 0  # never accepted by the server, and not listed for a person either
    extra: int = 0  # copies beyond the first, over all recipients
    most: int = 0  # copies of one mail
    parked: int = 0  # listed as in doubt
    seconds: float = 0.0
    remarks: list[str] = field(default_factory=list)  # further figures
    misses: list[str] = field(default_factory=list)  # what should be true and is not

    def expect(self, truths: Mapping[str, bool]) -> None:
        """Note what is not as it should be: sentence -> whether it is true."""
        self.misses += [sentence for sentence, is_true in truths.items() if not is_true]

    def line(self) -> str:
        cells = (
            self.run, self.fault, self.recipients, self.lost, self.extra, self.most, self.parked,
            f"{self.seconds:.1f}", self.goal, "MISS" if self.misses else "ok",
        )  # fmt: skip
        return _joined(cells)

    def dump(self) -> str:
        return json.dumps(asdict(self))


def load(text: str) -> Row:
    return Row(**json.loads(text))


def heading() -> str:
    return f"{_joined(tuple(WIDTHS))}\n{'-' * (sum(WIDTHS.values()) + len(WIDTHS) - 1)}"


def _joined(cells: tuple[object, ...]) -> str:
    padded = (
        f"{cell:>{width}}" if isinstance(cell, int) or name == "seconds" else f"{cell:<{width}}"
        for cell, (name, width) in zip(cells, WIDTHS.items(), strict=True)
    )
    return " ".join(padded).rstrip()
