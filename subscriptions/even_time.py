"""Answers whose time says nothing: each takes a whole number of steps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

STEP = 0.25  # seconds, many times of what the work takes


@contextmanager
def even_time() -> Iterator[None]:
    """Make a block last one step, or the next whole number of them.

    The same statements for every address leave differences of some microseconds: a row that
    is written and one that is taken back.  Put this around what depends on an address, and
    only where few may come: whoever asks holds a thread for as long.
    """
    began = time.perf_counter()
    try:
        yield
    finally:
        if STEP:
            took = time.perf_counter() - began
            time.sleep(ceil(took / STEP) * STEP - took)
