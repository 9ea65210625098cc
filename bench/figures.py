"""Print figures with the machine that they were measured on."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from statistics import median


def machine() -> str:
    """Cores, load at this moment, and Python."""
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {python}"


def show(title: str, lines: Mapping[str, Sequence[float]]) -> None:
    """Print one line for each series of runs: median, lowest, highest."""
    sys.stdout.write(f"{title}: median (lowest - highest)\n")
    for name, runs in lines.items():
        sys.stdout.write(f"{name:24}{median(runs):10.2f}  ({min(runs):.2f} - {max(runs):.2f})\n")
