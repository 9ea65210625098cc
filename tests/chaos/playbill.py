"""All scenes: where they are, and their sizes in the long and in the short form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Scene:
    name: str
    place: str  # module of tests.chaos, and function
    long: dict[str, Any]  # sizes that its goal names
    short: dict[str, Any]  # sizes that show in seconds whether it still works
    more: dict[str, Any] = field(default_factory=dict)  # in both
    engine: str = "postgres"
    bites: bool = False  # it is played in the short form even if nobody asks for it by name
    minutes: float = 15  # it is ended after so many


RESEND, PARK = {"policy": "resend"}, {"policy": "park"}

SCENES = (
    Scene(
        "kill-groups", "kills:groups", more=RESEND, bites=True,
        long={"recipients": 20_000, "kills": 50}, short={"recipients": 1_500, "kills": 5},
    ),
    Scene(
        "kill-groups-park", "kills:groups", more=PARK, bites=True,
        long={"recipients": 20_000, "kills": 50}, short={"recipients": 1_000, "kills": 3},
    ),
    Scene(
        "kill-groups-sqlite", "kills:groups", more=RESEND, engine="sqlite",
        long={"recipients": 5_000, "kills": 15}, short={"recipients": 500, "kills": 3},
    ),
    Scene(
        "kill-children", "kills:children", more=RESEND, bites=True,
        long={"recipients": 20_000, "kills": 50}, short={"recipients": 2_000, "kills": 10},
    ),
    Scene(
        "kill-service", "kills:service", more={"keys": False},
        long={"recipients": 20_000, "kills": 50}, short={"recipients": 3_000, "kills": 4},
    ),
    Scene(
        "kill-service-keys", "kills:service", more={"keys": True}, bites=True,
        long={"recipients": 20_000, "kills": 50}, short={"recipients": 2_500, "kills": 4},
    ),
    Scene(
        "kill-service-leave", "kills:service_and_leave",
        long={"recipients": 20_000, "kills": 50}, short={"recipients": 3_000, "kills": 4},
    ),
    Scene(
        "lose-machine", "kills:machines", more=RESEND,
        long={"recipients": 6_000, "kills": 10}, short={"recipients": 1_000, "kills": 2},
    ),
    Scene(
        "lose-machine-park", "kills:machines", more=PARK,
        long={"recipients": 6_000, "kills": 10}, short={"recipients": 1_000, "kills": 2},
    ),
    Scene(
        "sigterm", "kills:told_to_go", more={"how": "SIGTERM"},
        long={"recipients": 10_000, "times": 20}, short={"recipients": 1_500, "times": 2},
    ),
    Scene(
        "sigquit", "kills:told_to_go", more={"how": "SIGQUIT"},
        long={"recipients": 10_000, "times": 20}, short={"recipients": 1_500, "times": 2},
    ),
    Scene(
        "flushall", "queue:flushed", bites=True,
        long={"recipients": 20_000, "times": 5}, short={"recipients": 2_000, "times": 4},
    ),
    Scene(
        "kill-valkey", "queue:killed",
        long={"recipients": 10_000, "times": 8}, short={"recipients": 2_000, "times": 3},
    ),
    Scene("evict", "queue:evicting", long={"recipients": 5_000}, short={"recipients": 2_000}),
    Scene(
        "freeze-valkey", "queue:frozen",
        long={"recipients": 2_500, "seconds": 60}, short={"recipients": 2_000, "seconds": 25},
    ),
    Scene(
        "crash-postgres", "database:crashed", bites=True,
        long={"recipients": 10_000, "crashes": 10}, short={"recipients": 2_000, "crashes": 3},
    ),
    Scene(
        "few-connections", "database:crowded",
        long={"recipients": 5_000, "groups": 6}, short={"recipients": 1_000, "groups": 6},
    ),
    Scene(
        "journal-full", "database:journal_full",
        long={"recipients": 10_000}, short={"recipients": 5_000},
    ),
    Scene(
        "database-full", "database:database_full",
        long={"recipients": 10_000}, short={"recipients": 5_000},
    ),
    Scene(
        "sleep", "frozen:asleep", bites=True,
        long={"recipients": 10_000, "times": 6}, short={"recipients": 2_000, "times": 1},
    ),
    Scene("poison", "readers:poisoned", long={"recipients": 20_000}, short={"recipients": 1_000}),
    Scene(
        "leave", "readers:leaving",
        long={"recipients": 20_000, "leaving": 1_000}, short={"recipients": 2_500, "leaving": 100},
    ),
    Scene("pause", "readers:stopped", long={"recipients": 20_000}, short={"recipients": 4_000}),
    Scene(
        "faulty-service", "misbehaviour:service", more={"keys": False, "chunk": 50},
        long={"recipients": 20_000}, short={"recipients": 2_000},
    ),
    Scene(
        "faulty-service-whole", "misbehaviour:service", more={"keys": False, "chunk": 500},
        long={"recipients": 20_000}, short={"recipients": 5_000},
    ),
    Scene(
        "faulty-service-keys", "misbehaviour:service", more={"keys": True, "chunk": 50},
        long={"recipients": 20_000}, short={"recipients": 2_000},
    ),
    Scene(
        "faulty-smtp", "misbehaviour:smtp", bites=True,
        long={"recipients": 20_000}, short={"recipients": 1_000},
    ),
    Scene(
        "schedulers", "schedulers:four",
        long={"readers": 50, "slots": 500}, short={"readers": 20, "slots": 40},
    ),
    Scene("two-beats", "schedulers:beats", long={"readers": 2_000}, short={"readers": 500}),
    Scene("restore", "restored:backup", long={"recipients": 10_000}, short={"recipients": 2_000}),
    Scene(
        "soak", "soak:soak", minutes=30,
        long={"recipients": 2_000, "minutes": 100}, short={"recipients": 500, "minutes": 8},
    ),
    Scene(
        "every-step", "steps:smtp", bites=True,
        long={"recipients": 60}, short={"recipients": 6},
    ),
    Scene(
        "every-step-sqlite", "steps:smtp", engine="sqlite", bites=True,
        long={"recipients": 60}, short={"recipients": 6},
    ),
    Scene("every-step-keys", "steps:keys", long={"recipients": 60}, short={"recipients": 6}),
)  # fmt: skip
BY_NAME = {scene.name: scene for scene in SCENES}
