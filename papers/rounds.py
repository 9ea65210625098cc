"""Look at each source that is polled: what its last readings left behind, and what that says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max

from papers import announcements, health
from papers.health import Facts, Health, Reading, State
from papers.models import Host, Ingestion
from papers.sources.web import addresses, hosts

READINGS = 10
LIST_DAYS = {"arxiv": announcements.has_list}  # source -> days with a list, if not all weekdays
HOLIDAYS_NEEDED = timedelta(days=30)  # ahead; without them, quiet days look like failures
LONGEST = timedelta(minutes=15)  # a reading that is not finished by then was killed


def look(*, at: datetime) -> dict[str, Health]:
    """Return source -> how it is doing, in the order in which sources are configured."""
    every = timedelta(minutes=settings.POLL_MINUTES)
    return {
        source: health.judge(
            facts(source, at=at),
            every=every,
            now=at,
            is_working_day=LIST_DAYS.get(source, health.is_weekday),
        )
        for source in settings.PAPER_SOURCES
    }


def warnings(*, at: datetime) -> list[str]:
    """Say of which sources there is something to say, without what they answered."""
    said = [
        f"the source {source} is {found.state}"
        for source, found in look(at=at).items()
        if found.state is not State.FRESH
    ]
    until = announcements.known_until()
    if "arxiv" in settings.PAPER_SOURCES and until - at.date() < HOLIDAYS_NEEDED:
        said.append(f"arXiv's holidays are known until {until:%d %B %Y}: an upgrade brings more")
    return said


def facts(source: str, *, at: datetime) -> Facts:
    """Load what is known of one source; three queries.  Files that were read do not count."""
    all_readings = Ingestion.objects.filter(source=source)
    polls = all_readings.filter(place="").annotate(refused=Count("refusals"))
    newest_list = all_readings.aggregate(day=Max("newest_list"))["day"]
    newest_paper = all_readings.filter(created__gt=0).aggregate(at=Max("started_at"))["at"]
    return Facts(
        readings=list(_readings(polls.order_by("-started_at")[:READINGS], at=at)),
        newest=newest_list or (newest_paper and newest_paper.date()),
        pause=_pause(source, at=at),
    )


def _readings(polls: Iterable[Ingestion], *, at: datetime) -> Iterable[Reading]:
    for poll in polls:
        is_killed = poll.finished_at is None and at - poll.started_at > LONGEST
        if poll.finished_at is None and not is_killed:
            continue
        yield Reading(
            at=poll.started_at,
            error=poll.error or ("a worker was killed while it read" if is_killed else ""),
            records=poll.created + poll.updated + poll.unchanged,
            refused=poll.refused,  # type: ignore[attr-defined]  # annotated above
            unchanged_pages=poll.unchanged_pages,
        )


def _pause(source: str, *, at: datetime) -> str:
    paused = Host.objects.paused(at=at).filter(name__in=addresses.hosts_of(source))
    return "  ".join(str(hosts.Paused(host)) for host in paused)
