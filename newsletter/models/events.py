"""What mail services tell: as it came, and what it said of one mail."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from newsletter.models.delivery import Delivery
from newsletter.models.issue import Issue
from subscriptions.bounces import Kind
from subscriptions.models import Subscriber


class Webhook(models.Model):
    """What a mail service posted, just as it came: an inbox.

    A row goes when its events are stored.  What cannot be read stays, for a person to see.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DEAD = "dead"  # it could not be read
        IGNORED = "ignored"  # a person looked at it

    service = models.CharField(max_length=20)  # a key of newsletter.dialects.VIEWS
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    received_at = models.DateTimeField()
    content_type = models.CharField(max_length=300, blank=True)
    headers = models.JSONField(default=dict)  # those that newsletter.dialects reads
    body = models.BinaryField()
    size = models.PositiveIntegerField()  # of the body, in bytes
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, editable=False)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["id"], name="webhook_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.service} at {self.received_at:%Y-%m-%d %H:%M:%S}"


class EventQuerySet(models.QuerySet["Event"]):
    def outcome(self, delivery: Delivery) -> Kind | None:
        """What became of a mail, by all that was told; None if nothing was."""
        told = self.filter(issue=delivery.issue_id, entry=delivery.public_id, is_ours=True)
        kind = told.aggregate(kind=models.Max("kind"))["kind"]
        return None if kind is None else Kind(kind)


class Event(models.Model):
    """Something that a mail service told of one mail.  Written once, never changed.

    What became of a mail is the largest kind of its events, so neither the order in which
    they are told matters nor how often.
    """

    # The service's id of it, or what it says if it has none, hashed: newsletter.happenings.
    key = models.UUIDField(primary_key=True, editable=False)
    provider = models.CharField(max_length=20)
    kind = models.PositiveSmallIntegerField(choices=[(kind.value, kind.name) for kind in Kind])
    entry = models.UUIDField(null=True)  # public_id of a Delivery or a Letter
    # No constraint and no index of their own: each would cost every event.
    issue = models.ForeignKey(
        Issue, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    lane = models.CharField(max_length=12, blank=True)  # as the delivery's
    is_ours = models.BooleanField()  # False: no such mail, or another recipient; no effect
    at = models.DateTimeField()
    reply = models.CharField(max_length=500, blank=True)  # of the receiving server

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["issue", "entry", "kind"], name="event_of_mail"),
            models.Index(  # read by the error budget
                fields=["issue", "kind", "entry"],
                name="event_against",
                condition=Q(kind__gte=Kind.BLOCKED.value, is_ours=True),
            ),
            models.Index(  # read by whoever paces a lane
                fields=["lane", "at"],
                name="event_policy",
                condition=Q(kind__in=[Kind.THROTTLED.value, Kind.BLOCKED.value], is_ours=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.at:%Y-%m-%d %H:%M:%S}"


class SoftBounce(models.Model):
    """One mail to a reader that came back for now; subscriptions.bounces adds them up."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="+", db_index=False)
    entry = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "entry", "at"], name="one_soft_bounce_per_event"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry} at {self.at:%Y-%m-%d %H:%M:%S}"
