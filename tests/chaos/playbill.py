"""All scenes: where they are, and their sizes in the long and in the short form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Scene:
    name: str
    place: str  # module of tests.chaos, and function
    long: dict[str, Any]
    short: dict[str, Any] | None = None  # None: not in the short form
    more: dict[str, Any] = field(default_factory=dict)  # in both
    engine: str = "postgres"
    minutes: float = 10  # it is ended after so many


SCENES = (
    Scene(
        "kill-groups", "kills:groups",
        long={"recipients": 20_000, "kills": 50}, short={"recipients": 1_500, "kills": 5},
        more={"policy": "resend"},
    ),
    Scene(
        "kill-groups-park", "kills:groups",
        long={"recipients": 20_000, "kills": 50}, short={"recipients": 1_000, "kills": 3},
        more={"policy": "park"},
    ),
)  # fmt: skip
BY_NAME = {scene.name: scene for scene in SCENES}
