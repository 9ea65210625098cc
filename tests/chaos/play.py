"""Play one scene in a process of its own: `python -m tests.chaos.play NAME FORM FOLDER SEED`.

Writes its row to `FOLDER/row.json`.  Django reads its settings once, so the servers come
first, and the modules with the scenes after them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import django

from tests.chaos.playbill import BY_NAME
from tests.chaos.row import Row
from tests.chaos.servers import Servers, TooSlow


def play(name: str, *, form: str, template: Path, seed: int) -> Row:
    scene = BY_NAME[name]
    size = scene.short if form == "short" else scene.long
    with Servers(scene.engine, template, seed=seed) as servers:
        django.setup()
        module, function = scene.place.split(":")
        act = getattr(import_module(f"tests.chaos.{module}"), function)
        try:
            row: Row = act(servers, **size, **scene.more)
        except TooSlow as error:
            row = error.row or Row("", "", "it comes to an end")
            row.misses.append(str(error))
    row.run = name
    return row


if __name__ == "__main__":
    name, form, folder, seed = sys.argv[1:]
    row = play(name, form=form, template=Path(folder), seed=int(seed))
    (Path(folder) / "row.json").write_text(row.dump())
