"""Break everything that breaks in production, and print one line for each thing broken.

    python -m tests.chaos                 all scenes, in the sizes of their goals (an hour)
    python -m tests.chaos --short         those that bite most, small (four minutes)
    python -m tests.chaos NAME ...        these

Ends with 1 if a goal was missed.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.chaos import row as rows
from tests.chaos.groups import family
from tests.chaos.playbill import BY_NAME, SCENES, Scene
from tests.chaos.row import Row
from tests.chaos.servers import FOLDERS, ROOT, make_template

PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    asked = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # end what was started, too
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)  # whoever is orphaned becomes ours
    folder = Path(tempfile.mkdtemp(prefix="nl-", dir="/tmp"))
    folder.chmod(0o755)  # Postgres may run as somebody else
    scenes = chosen(asked)
    form = "short" if asked.short else "long"
    say(f"seed {asked.seed}, {form} form, {os.cpu_count()} cores")
    say(rows.heading())
    try:
        make_template(folder, {scene.engine for scene in scenes})
        found = [play(scene, form=form, folder=folder, seed=asked.seed) for scene in scenes]
    finally:
        end_descendants()
        shutil.rmtree(folder, ignore_errors=True)
    missed = sum(bool(row.misses) for row in found)
    say(f"\n{len(found)} runs, {missed} missed")
    return 1 if missed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("tests.chaos", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BY_NAME))
    parser.add_argument("--short", action="store_true", help="small, in four minutes")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in BY_NAME]:
        parser.error(f"no scene is called {', '.join(unknown)}")
    return asked


def chosen(asked: argparse.Namespace) -> list[Scene]:
    if asked.names:
        return [BY_NAME[name] for name in asked.names]
    return [scene for scene in SCENES if scene.bites or not asked.short]


def play(scene: Scene, *, form: str, folder: Path, seed: int) -> Row:
    """Play it in a process of its own, which is ended when its time is over."""
    result = folder / "row.json"
    result.unlink(missing_ok=True)
    log = folder / f"{scene.name}.log"
    command = [sys.executable, "-m", "tests.chaos.play", scene.name, form, str(folder), str(seed)]
    began = time.monotonic()
    with log.open("wb") as output, suppress(subprocess.TimeoutExpired):
        subprocess.run(
            command, cwd=ROOT, stdout=output, stderr=output, check=False, timeout=scene.minutes * 60
        )
    end_descendants()
    remove_folders(folder / FOLDERS)
    if result.exists():
        row = rows.load(result.read_text())
    else:
        why = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        row = Row(scene.name, scene.place, "it comes to an end", misses=[f"it did not end:\n{why}"])
        row.seconds = time.monotonic() - began
    say(row.line())
    for remark in row.remarks:
        say(f"    {remark}")
    for miss in row.misses:
        say(f"    MISSED: {miss}")
    return row


def end_descendants() -> None:
    """Kill and bury every process that a scene left behind."""
    while left := family(os.getpid())[1:]:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)


def remove_folders(list_of_them: Path) -> None:
    if list_of_them.exists():
        for path in list_of_them.read_text().splitlines():
            shutil.rmtree(path, ignore_errors=True)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
