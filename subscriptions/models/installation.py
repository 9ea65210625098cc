"""How fast mail may go, what happens again and again, and whether this may send."""

from __future__ import annotations

import uuid

from django.db import models


class Gate(models.Model):
    """How fast one stream of mail may go now: a token bucket and a circuit breaker.

    One row for each stream ("digests:gmail"), shared by all workers; subscriptions.gates
    moves it.
    """

    stream = models.CharField(max_length=50, primary_key=True)
    tokens = models.FloatField(default=0)
    filled_at = models.DateTimeField(null=True)
    pace = models.FloatField(default=1)  # part of the configured rate, 0 < pace <= 1
    paced_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    closed_until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.stream


class Brake(models.Model):
    """Whether sign-ups are slowed down: one row, which subscriptions.brake moves."""

    hourly = models.PositiveIntegerField(default=0)  # sign-ups an hour that are usual here
    measured_at = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)  # None or past: it is off
    reason = models.CharField(max_length=200, blank=True)
    mailed_at = models.DateTimeField(null=True)  # when the operator was told of this time

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M}: {self.reason}" if self.until else "never used"


class Heartbeat(models.Model):
    """When something that must happen again and again last happened."""

    name = models.CharField(max_length=40, primary_key=True)  # "tick", "sweep", "pump"
    at = models.DateTimeField()
    count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"


class Installation(models.Model):
    """Which installation this database is of, and whether it may send: one row.

    The identity goes into every backup, so that a restored database is recognised
    (subscriptions.restore), and a new one is not taken for it.
    """

    identity = models.UUIDField(default=uuid.uuid4, editable=False)
    frozen_at = models.DateTimeField(null=True, editable=False)  # None: it may send
    reason = models.CharField(max_length=200, blank=True, editable=False)

    def __str__(self) -> str:
        return f"frozen: {self.reason}" if self.frozen_at else "may send"
