"""Several schedulers at once: whoever is due gets one issue, and not two."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, time, timedelta
from multiprocessing.synchronize import Barrier

from django.db import connections
from django.db.models import Count
from django.utils.timezone import now

from newsletter import issues
from newsletter.models import Delivery, Issue
from papers.models import Topic
from subscriptions.models import Interest, Subscriber
from subscriptions.verdicts import State
from tests.chaos.row import Row
from tests.chaos.servers import Servers, wait_until
from tests.chaos.stage import Stage
from tests.chaos.ways_out import Smtp

PROCESSES = 4
HOUR = now().hour  # the slot of today has come, whenever this is run
FIRST_SLOT = datetime.combine(now().date() + timedelta(days=1), time(HOUR), UTC)


def four(servers: Servers, *, readers: int, slots: int) -> Row:
    """Four processes open what is due, each at the same moments."""
    with Stage(servers, Smtp(), recipients=0) as stage:
        make_due(readers, at=FIRST_SLOT)
        connections.close_all()
        context = multiprocessing.get_context("fork")
        barrier = context.Barrier(PROCESSES)
        schedulers = [
            context.Process(target=open_all, args=(slots, barrier)) for _ in range(PROCESSES)
        ]
        for scheduler in schedulers:
            scheduler.start()
        for scheduler in schedulers:
            scheduler.join()
        fault = f"{PROCESSES} schedulers, {slots} slots"
        row = opened(stage, readers=readers, slots=slots, fault=fault, unsent=readers)
        failed = [scheduler.exitcode for scheduler in schedulers if scheduler.exitcode]
        row.expect({"no scheduler fails": not failed})
        return row


def open_all(slots: int, barrier: Barrier) -> None:
    for day in range(slots):
        barrier.wait(timeout=60)
        issues.open_due(at=FIRST_SLOT + timedelta(days=day, seconds=30))


def beats(servers: Servers, *, readers: int) -> Row:
    """Two real beats, and two workers that hear both of them; the mails go out as well."""
    settings = {"TICK_SECONDS": 1, "CATCH_UP_HOURS": 48}
    with Stage(servers, Smtp(), recipients=0, **settings) as stage:
        stage.start(2, beats=2)
        each = readers // 5
        for batch in range(5):  # ever more of them become due while both beats tick
            make_due(each, at=now() + timedelta(seconds=batch), first=batch * each)
        waiting = Subscriber.objects.filter(deliveries__state=State.ACCEPTED)
        wait_until(
            lambda: waiting.distinct().count() == readers,
            seconds=90,
            what=f"every reader has his mail ({stage.log.count()} do)",
        )
        row = opened(stage, readers=readers, slots=1, fault="two beats")
        copies = stage.books().counts
        row.remarks.append(f"{copies.total()} mails to {len(copies)} readers")
        row.expect({"everybody has one mail": copies.total() == len(copies) == readers})
        return row


def make_due(number: int, *, at: datetime, first: int = 0) -> None:
    """Daily readers at this hour, in UTC, who are due from `at`."""
    rows = [
        Subscriber(
            email=f"slot{n}@example.net", state=Subscriber.State.CONFIRMED, state_changed_at=now(),
            hour=HOUR, time_zone="UTC", next_digest_at=at,
        )
        for n in range(first, first + number)
    ]  # fmt: skip
    topic = Topic.objects.order_by("pk").first()
    Interest.objects.bulk_create(
        Interest(subscriber=reader, topic=topic) for reader in Subscriber.objects.bulk_create(rows)
    )


def opened(stage: Stage, *, readers: int, slots: int, fault: str, unsent: int = 0) -> Row:
    """Every reader must have one delivery of each slot.  Where no worker runs, none is sent."""
    goal = f"{slots} issues, one delivery each for every reader"
    row, _ = stage.row(fault=fault, goal=goal, given_up=unsent)
    made = Issue.objects.exclude(pk=stage.issue.pk)
    pairs = Delivery.objects.order_by().values("issue", "subscriber").annotate(n=Count("pk"))
    each = Subscriber.objects.annotate(n=Count("deliveries")).values_list("n", flat=True)
    row.recipients = readers * slots
    row.lost = row.recipients - pairs.count()
    row.extra = Delivery.objects.count() - pairs.count()
    row.most = max((pair["n"] for pair in pairs), default=0)
    row.remarks = [f"{made.count()} issues, {Delivery.objects.count()} deliveries"]
    row.expect(
        {
            "there are as many issues as slots": made.count() == slots,
            "every reader has one delivery of each": set(each) == {slots},
            "the sums are what was expected": all(not issue.imbalance() for issue in made),
        }
    )
    return row
