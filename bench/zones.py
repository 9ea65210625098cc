"""Every zone, every date of ten years, every quarter hour: is there one slot, and in order?

`python bench/zones.py [--from YEAR] [--years N] [--zones PART]` asks `cadence.moment` for
each of about 210 million wall times and takes some minutes; tests/subscriptions/
test_cadence_zones.py asks for those near a clock change, in seconds.

Why that is a proof.  The slot of a date d at wall time t is `moment(d, t)`, unless the zone
skipped the date, and `next_slot` returns the first one that is later than `after`, looking
at dates in order from the day before `after`'s own.  So every date has exactly one slot,
and slots come in the order of dates, if for each t

1. `moment(d, t) < moment(d + 1, t)` for every d that the zone did not skip, and
   `moment(d, t) == moment(d + 1, t)` for one that it did; checked here for all d and t;
2. the wall clock at `moment(d, t)` shows d, or a time of the next day that is not later than
   what the clock was moved by; checked here, so looking from the day before misses none.

Away from clock changes both hold by arithmetic: if a zone's offset is the same from d to
d + 2, `moment(d, t)` is d + t minus that offset for every t, and the next one is 24 hours
later.  That is why the short form in the tests looks at the dates around changes only.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.figures import machine
from subscriptions.cadence import DAY, moment

QUARTERS = [(hour, minute) for hour in range(24) for minute in range(0, 60, 15)]
ZONES = sorted(available_timezones() - {"Factory", "localtime"})


def main() -> int:
    options = arguments()
    first = date(options.first, 1, 1)
    days = (date(options.first + options.years, 1, 1) - first).days
    zones = [name for name in ZONES if options.zones in name]
    started, wrong, slots, skipped = time.monotonic(), 0, 0, 0
    with get_context("fork").Pool(options.processes) as pool:
        work = [(name, first, days) for name in zones]
        for name, found, gone, complaints in pool.imap_unordered(check, work):
            slots, skipped, wrong = slots + found, skipped + gone, wrong + len(complaints)
            for complaint in complaints[:5]:
                sys.stdout.write(f"{name}: {complaint}\n")
    seconds = time.monotonic() - started
    sys.stdout.write(
        f"{len(zones)} zones x {days} dates x {len(QUARTERS)} wall times from {first}: "
        f"{slots:,} slots, {skipped:,} on skipped dates, {wrong} wrong, "
        f"{seconds:.0f} s ({machine()})\n"
    )
    return min(wrong, 1)


def check(work: tuple[str, date, int]) -> tuple[str, int, int, list[str]]:
    """Return (zone, slots, slots that skipped dates do not have, what is wrong)."""
    name, first, days = work
    slots = skipped = 0
    complaints = []
    gone = skipped_dates(name, first, days)
    dates = [first + DAY * n for n in range(days + 1)]
    for hour, minute in QUARTERS:
        moments = [moment(day, hour=hour, minute=minute, time_zone=name) for day in dates]
        complaints += misplaced(name, dates, moments, timedelta(hours=hour, minutes=minute))
        for day, (at, following) in zip(dates, pairwise(moments), strict=False):
            skipped += day in gone
            slots += at < following
            if (at < following) == (day in gone) or at > following:
                complaints.append(f"{day} {hour:02}:{minute:02} {at} then {following}")
    return name, slots, skipped, complaints


def skipped_dates(name: str, first: date, days: int) -> set[date]:
    """Dates that no moment of that zone has: hour by hour, none is on them."""
    info, start = ZoneInfo(name), datetime.combine(first, datetime.min.time(), UTC)
    seen = {(start + timedelta(hours=n)).astimezone(info).date() for n in range(days * 24)}
    return {first + DAY * n for n in range(1, days - 1)} - seen


def misplaced(
    name: str, dates: list[date], moments: list[datetime], wanted: timedelta
) -> Iterator[str]:
    """Yield moments whose wall clock shows neither the wanted time nor one just after it."""
    info = ZoneInfo(name)
    for day, at in zip(dates, moments, strict=True):
        there = at.astimezone(info).replace(tzinfo=None)
        late = there - datetime.combine(day, datetime.min.time()) - wanted
        if late and not timedelta(0) < late <= DAY:
            yield f"{day} {wanted} is {there} there"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="first", type=int, default=2024, metavar="YEAR")
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--zones", default="", metavar="PART", help="only names that have this")
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
