"""Say how each source of papers is doing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from papers import rounds
from papers.health import State


class Command(BaseCommand):
    help = (
        "Say how each source of papers is doing: fresh, empty, late, odd, paused or broken.  "
        "Exit status: 0 if all are fresh, else 1."
    )

    def handle(self, **options: Any) -> None:
        found = rounds.look(at=now())
        for source, health in found.items():
            self.stdout.write(f"{source}: {health.state}.  {health.sentence}")
        troubled = [name for name, health in found.items() if health.state is not State.FRESH]
        if troubled:
            raise CommandError(f"look after {', '.join(troubled)}")
