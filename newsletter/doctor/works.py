"""Whether our own parts are there and at work: rows, Redis, workers, clock, disk, settings."""

from __future__ import annotations

from collections.abc import Iterator

from celery import current_app
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from newsletter import readiness
from newsletter.doctor.terms import Finding, Level, unknown, warning, well, wrong

QUEUES = ("bulk", "letters", "events", "papers")
PATIENCE = 2.0  # seconds that workers have to answer


def examine() -> Iterator[Finding]:
    yield _migrations()
    yield from _settings()
    facts = readiness.look()
    wrong_now = readiness.complaints(facts)
    for sentence in wrong_now:
        yield wrong("at work", sentence, "docs/operating.md, When something dies")
    for sentence in facts.warnings:
        yield warning("sources", sentence, "look at the head of Ingestions in the admin")
    if not wrong_now:
        yield well("at work", "the database, Redis, the clock, the disk and beat are well")
    if facts.has_redis:
        yield _workers()
    yield _operators()


def _migrations() -> Finding:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return wrong("database", str(error).strip(), "see DATABASE_URL")
    if missing:
        said = f"{len(missing)} migrations are missing"
        return wrong("database", said, "run manage.py migrate")
    return well("database", f"{connection.vendor}, all migrations are there")


def _settings() -> Iterator[Finding]:
    """What Django and we check before a deployment."""
    found = checks.run_checks(include_deployment_checks=True, databases=["default"])
    for said in found:
        if said.is_silenced():
            continue
        level = Level.WRONG if said.is_serious() else Level.WARNING
        yield Finding(level, str(said.id), said.msg, str(said.hint or ""))


def _workers() -> Finding:
    """Some worker listens to each queue."""
    answers = current_app.control.inspect(timeout=PATIENCE).active_queues()
    heard = {queue["name"] for queues in (answers or {}).values() for queue in queues}
    deaf = [queue for queue in QUEUES if queue not in heard]
    if deaf:
        mend = "start a worker with -Q " + ",".join(deaf)
        return wrong("workers", f"none listens to {', '.join(deaf)}", mend)
    return well("workers", f"{len(answers or {})} answer, and every queue has one")


def _operators() -> Finding:
    if settings.OPERATOR_MAIL:
        return well("OPERATOR_MAIL", "somebody is told when an issue is paused")
    return unknown(
        "OPERATOR_MAIL", "nobody is told when an issue is paused", "set it to your own address"
    )
