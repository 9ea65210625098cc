"""Figures for Prometheus, in its text format 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from django.db.models import Count, Q
from django.db.models.functions import Now

from newsletter import inbox, readiness
from newsletter.models import Delivery, Issue
from subscriptions import brake, clock, heartbeats

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ISSUES = 14  # the newest
SPAN = timedelta(seconds=60)  # that the rate is measured over

Sample = tuple[Mapping[str, str], float]  # labels, value


def text() -> str:
    """Return all figures as they are now."""
    deliveries = list(_deliveries())
    return "".join(
        _gauge(f"newsletter_{name}", words, samples)
        for name, words, samples in (
            ("deliveries", "Deliveries of the newest issues, by state.", _counts(deliveries)),
            ("finished_per_second", "Finished in the last minute.", _rates(deliveries)),
            ("oldest_due_seconds", "How long the first mail waits.", _age(readiness.waiting())),
            ("unread_webhooks", "What mail services told and nobody read.", _unread()),
            ("oldest_unread_seconds", "How long the first waits.", _age(readiness.unread_age())),
            ("sign_up_brake", "1 while sign-ups are slowed down.", _brake()),
            ("heartbeat_age_seconds", "Since it last happened.", _ages()),
        )
    )


def _deliveries() -> Iterator[tuple[str, str, int, int]]:
    """(slug, state, count, of which finished within `SPAN`) of the newest issues."""
    issues = {issue.pk: issue.slug for issue in Issue.objects.order_by("-on", "-pk")[:ISSUES]}
    rows = Delivery.objects.filter(issue__in=issues).order_by().values_list("issue", "state")
    recent = Count("pk", filter=Q(finished_at__gte=Now() - SPAN))
    for issue, state, count, finished in rows.annotate(count=Count("pk"), finished=recent):
        yield issues[issue], state, count, finished


def _counts(rows: Iterable[tuple[str, str, int, int]]) -> Iterator[Sample]:
    for slug, state, count, _ in rows:
        yield {"issue": slug, "state": state}, count


def _rates(rows: Iterable[tuple[str, str, int, int]]) -> Iterator[Sample]:
    yield {}, sum(finished for *_, finished in rows) / SPAN.total_seconds()


def _age(age: timedelta | None) -> Iterator[Sample]:
    yield {}, (age or timedelta(0)).total_seconds()


def _unread() -> Iterator[Sample]:
    yield {}, inbox.waiting().count()


def _brake() -> Iterator[Sample]:
    yield {}, any(brake.warnings(at=clock.database_now()))


def _ages() -> Iterator[Sample]:
    for name, age in sorted(heartbeats.ages().items()):
        yield {"name": name}, age.total_seconds()


def _gauge(name: str, words: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {words}", f"# TYPE {name} gauge"]
    lines += [f"{name}{_labels(labels)} {value:.10g}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
