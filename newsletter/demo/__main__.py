"""Run the whole product on this machine: `make demo`, or `python -m newsletter.demo`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections import deque
from datetime import date
from pathlib import Path
from types import FrameType

from newsletter.demo.processes import NotStarted
from newsletter.demo.product import Busy, Product
from newsletter.demo.valkey import ServerMissing
from papers.sources import SourceError
from papers.sources import page as page_source

FOLDER = Path("var/demo")
KNOWN_SITE = "http://localhost:8000"


def say(line: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"• {line}\n")
    sys.stdout.flush()


def main() -> int:
    options = arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        if options.page:  # before anything is forgotten for the sake of it
            deque(page_source.read(options.page, listed_on=options.date), maxlen=0)
        product = Product(
            FOLDER.absolute(), is_fresh=options.fresh, prefers_known_ports=not options.once
        )
    except (Busy, ServerMissing, SourceError) as error:
        say(str(error))
        return 1
    try:
        return run(product, options)
    except KeyboardInterrupt:
        say("stopping; what you did is kept, and the next `make demo` goes on from here")
        return 0
    except NotStarted as error:
        say(str(error))
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave orphans
        product.stop()


def run(product: Product, options: argparse.Namespace) -> int:
    """Load the papers, start the programs, then wait for Ctrl-C or make the journey."""
    os.environ.update(product.processes.environment)
    # Only now: these read the settings, and the settings read the environment.
    from newsletter.demo import stage  # noqa: PLC0415

    began = time.monotonic()
    if not stage.prepare(page=options.page, listed_on=options.date, say=say):
        return 1
    product.start()
    say(f"everything is up after {time.monotonic() - began:.1f} s")
    if options.once:
        return stage.perform(product, say=say)
    if product.site_url != KNOWN_SITE:
        say("port 8000 is taken, so the site is at another one")
    say(f"the site     {product.site_url}")
    say(f"the mailbox  {product.mailbox_url}")
    say(f"the admin    {product.site_url}/admin/  (demo / trending papers demo)")
    say("Ctrl-C stops everything")
    return wait(product)


def wait(product: Product) -> int:
    """Wait until a person presses Ctrl-C; an ended program is a failure."""
    while (name := product.processes.ended()) is None:
        time.sleep(0.5)
    say(f"{name} ended unexpectedly:\n{product.processes.tail(name)}")
    return 1


def interrupted(number: int, frame: FrameType | None) -> None:
    """Treat a closed terminal and a polite kill like Ctrl-C."""
    raise KeyboardInterrupt


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo ARGS=…", description=__doc__)
    parser.add_argument("--once", action="store_true", help="make the journey alone, then stop")
    parser.add_argument("--fresh", action="store_true", help="start over with an empty database")
    parser.add_argument("--page", type=Path, help="a saved papers page instead of the sample")
    parser.add_argument("--date", type=date.fromisoformat, help="the list date of that page")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
