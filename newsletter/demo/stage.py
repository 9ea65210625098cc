"""What the demo does inside Django: prepare the database, and perform the journey."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import django
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.utils.timezone import now

django.setup()

# ruff: noqa: E402  # models can only be imported once Django is set up
from newsletter.demo import journey
from newsletter.demo.catcher import Mailbox
from newsletter.demo.product import Product
from newsletter.models import Delivery, Issue
from papers import ingest, sources
from papers.models import Assignment, Ingestion, Observation, Paper
from papers.sources import SourceError
from subscriptions.models import Subscriber
from subscriptions.verdicts import State

Say = Callable[[str], None]


def prepare(*, page: Path | None, listed_on: date | None, say: Say) -> bool:
    """Make the database and load the papers; False if they could not be read."""
    began = time.monotonic()
    call_command("migrate", verbosity=0)
    say(f"the database is ready ({time.monotonic() - began:.1f} s)")
    began = time.monotonic()
    try:
        loaded = load_papers(page, listed_on=listed_on)
    except SourceError as error:
        say(str(error))
        return False
    total = loaded.created + loaded.updated + loaded.unchanged
    say(f"{total} papers are loaded from the {loaded.source} ({time.monotonic() - began:.1f} s)")
    for refusal in loaded.refusals.all():
        say(f"refused: {refusal}")
    if page and Observation.objects.filter(source="sample").exists():
        say("the sample is here too, and its lists are newer; --fresh has the page alone")
    users = get_user_model().objects
    if not users.filter(username="demo").exists():
        users.create_superuser("demo", password="trending papers demo")  # noqa: S106  # local
    return True


def load_papers(page: Path | None, *, listed_on: date | None) -> Ingestion:
    """Store the papers of a saved page, or of the sample with lists up to today."""
    at = now()
    if page:
        records = sources.load("page").read(page, listed_on=listed_on)
    else:
        records = ingest.fetched("sample", since=at.date(), until=at.date())
    return ingest.take_in("page" if page else "sample", records, place=str(page or ""), at=at)


def perform(product: Product, *, say: Say) -> int:
    """Make the journey, print the ledger; 0 if every reader got what was promised."""
    began = time.monotonic()
    run = f"{datetime.now(UTC):%m%d%H%M%S}"
    mailbox = Mailbox(product.mail)
    try:
        journey.travel(product.site_url, mailbox, run=run, say=say)
    except journey.Astray as error:
        say(f"FAILED: {error}")
        for delivery in Delivery.objects.with_contents().filter(state=State.SKIPPED):
            say(f"{delivery.subscriber} was skipped: {delivery.error}")
        say(product.processes.tail("worker"))
        return 1
    deliveries = list(
        Delivery.objects.with_contents().filter(subscriber__email__contains=f".{run}@")
    )
    for line in ledger(deliveries):
        say(line)
    say(f"every mail is in {product.mail}")
    found = journey.faults(mailbox, deliveries)
    for fault in found:
        say(f"FAILED: {fault}")
    say(f"the journey took {time.monotonic() - began:.1f} s")
    return 1 if found or len(deliveries) != len(journey.PERSONAS) else 0


def ledger(deliveries: list[Delivery]) -> list[str]:
    """Describe the whole line in numbers, then what each of these readers got."""
    papers = Paper.objects.all()
    classified = Assignment.objects.values("paper").distinct().count()
    scored = papers.filter(trend_score__gt=0).count()
    readers = Subscriber.objects.deliverable().count()
    lines = [
        f"papers: {papers.count()} ingested, {scored} scored, {classified} classified",
        f"readers: {readers} confirmed",
    ]
    for issue in Issue.objects.all():
        counts = issue.deliveries.counts()
        states = ", ".join(f"{counts[state]} {state}" for state in State if state in counts)
        lines.append(f"issue {issue.slug}: {issue.expected_count} expected = {states}")
        if issue.imbalance():
            lines.append(f"FAILED: issue {issue.slug} is out of balance by {issue.imbalance()}")
    for delivery in deliveries:
        lines.append(f"{delivery.subscriber} got {len(delivery.picks)} papers:")
        lines += [f"    {paper.title}" for paper in journey.papers_of(delivery)]
    return lines
