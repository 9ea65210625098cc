"""Loaded into workers: whoever composes the mail of one reader dies, as of a fault in C."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from newsletter import compose
from newsletter.models import Delivery

WHO, WHERE = "CHAOS_POISONED", "CHAOS_DEATHS"  # the reader; a file with a line for each death
_compose_all = compose.compose_all


def compose_all(deliveries: Sequence[Delivery]) -> Callable[[Delivery], Any]:
    write = _compose_all(deliveries)

    def compose_or_die(delivery: Delivery) -> Any:
        if delivery.subscriber and delivery.subscriber.email == os.environ[WHO]:
            with Path(os.environ[WHERE]).open("a") as file:
                file.write(f"{os.getpid()}\n")
            os.kill(os.getpid(), signal.SIGKILL)
        return write(delivery)

    return compose_or_die


if WHO in os.environ:
    compose.compose_all = compose_all
