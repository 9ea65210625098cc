"""Issues, the ledger of their deliveries, what became of those, and who was sent what."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from newsletter import history, picks
from newsletter.picks import Pick
from papers.models import Paper
from subscriptions.bounces import Kind
from subscriptions.ledger import Entry, EntryQuerySet
from subscriptions.models import Subscriber
from subscriptions.verdicts import State

SLUG_DAY = re.compile(r"[0-9]{8}")


class IssueQuerySet(models.QuerySet["Issue"]):
    def stopped(self) -> IssueQuerySet:
        """Issues of which nothing may be sent now."""
        return self.exclude(state=Issue.State.OPEN)

    def halted(self) -> IssueQuerySet:
        """Issues that somebody or something stopped."""
        return self.filter(state__in=[Issue.State.PAUSED, Issue.State.CANCELLED])

    def cancelled(self) -> IssueQuerySet:
        return self.filter(state=Issue.State.CANCELLED)

    def published(self) -> IssueQuerySet:
        """Issues that anybody may see: mails of them went out."""
        return self.filter(state__in=[Issue.State.OPEN, Issue.State.PAUSED])

    def by_slug(self, slug: str) -> IssueQuerySet:
        """The issue of that slug ("daily-20260317"), or none."""
        kind, _, day = slug.partition("-")
        if not SLUG_DAY.fullmatch(day):
            return self.none()
        try:
            return self.filter(cadence=kind, on=date.fromisoformat(day))
        except ValueError:
            return self.none()


class Issue(models.Model):
    """One edition: the digest of one cadence for one local date.

    Readers of one issue live in many time zones, so it is opened for each when his hour
    comes; `expected_count` grows in the same transaction as the deliveries.
    """

    Cadence = Subscriber.Cadence

    class State(models.TextChoices):
        CHECKING = "checking"  # nothing goes out before its mails were looked at
        OPEN = "open"
        PAUSED = "paused"  # by a person, by a check that failed, or by its error budget
        CANCELLED = "cancelled"

    cadence = models.CharField(max_length=8, choices=Cadence)
    on = models.DateField(help_text="The reader's own calendar date.")
    opened_at = models.DateTimeField()
    expected_count = models.PositiveIntegerField(default=0)
    # Readers whose slot nobody was awake for until it was too late.
    missed_count = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=9, choices=State, default=State.CHECKING)
    reason = models.CharField(max_length=200, blank=True)  # why it is not open
    introduction = models.TextField(blank=True, help_text="Plain text above the papers.")

    objects = IssueQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "cadence"]
        constraints = [
            models.UniqueConstraint(fields=["cadence", "on"], name="one_issue_per_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.get_cadence_display()}, {self.on:%d %B %Y}"

    @property
    def slug(self) -> str:
        return f"{self.cadence}-{self.on:%Y%m%d}"

    def imbalance(self) -> int:
        """Expected deliveries minus those that the ledger holds; anything but 0 is a defect."""
        return self.expected_count - self.deliveries.count()

    def pause(self, reason: str) -> bool:
        """Send no more of it until `resume`; what is being handed over is finished."""
        return self._move((self.State.CHECKING, self.State.OPEN), self.State.PAUSED, reason)

    def resume(self) -> bool:
        """A person decided that it goes on, whatever had stopped it."""
        return self._move((self.State.PAUSED,), self.State.OPEN, "")

    def cancel(self, reason: str = "") -> bool:
        """Send no more of it, ever.

        What is claimed or being handed over at this moment comes back by itself, and is
        skipped by the next sweep if it was not sent.
        """
        living = (self.State.CHECKING, self.State.OPEN, self.State.PAUSED)
        with transaction.atomic():
            is_cancelled = self._move(living, self.State.CANCELLED, reason)
            self.deliveries.all().skip_cancelled()
        return is_cancelled

    def _move(self, before: tuple[State, ...], state: State, reason: str) -> bool:
        """Change the state if it is one of `before`; who came second changes nothing."""
        rows = Issue.objects.filter(pk=self.pk, state__in=before)
        is_moved = rows.update(state=state, reason=reason[:200]) == 1
        self.refresh_from_db(fields=["state", "reason"])
        return is_moved


class Inspection(models.Model):
    """What was found when a sample of an issue's mails was looked at, for the operator."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="inspections")
    at = models.DateTimeField()
    mails = models.PositiveIntegerField()  # that were looked at
    # [{"number": 16, "is_hard": true, "message": "...", "mails": 3}], hard ones first
    findings = models.JSONField(default=list)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.mails} mails, {len(self.findings)} findings"


class DeliveryQuerySet(EntryQuerySet["Delivery"]):
    def sendable(self) -> Self:
        """Pending ones of issues that are neither paused nor cancelled."""
        return self.pending().exclude(issue__in=Issue.objects.stopped())

    def skip_cancelled(self) -> int:
        """Finish what waits and belongs to a cancelled issue; return how many."""
        waiting = self.filter(state__in=(State.PENDING, State.DEFERRED))
        return waiting.filter(issue__in=Issue.objects.cancelled()).update(
            state=State.SKIPPED,
            owner=None,
            lease_until=None,
            finished_at=Now(),
            error="the issue was cancelled",
        )

    def note_accepted(self, ids: Collection[int]) -> None:
        history.record(ids)

    def issues_on_the_way(self, *, but: int | None) -> list[int]:
        """Issues other than `but` of which mails may still arrive: as a rule few or none."""
        rows = self.order_by().values_list("issue_id")
        # State by state, because each has an index of its own.
        states = (rows.filter(state=state).distinct() for state in history.ON_THE_WAY)
        found = rows.none().union(*states)
        return sorted({issue for (issue,) in found} - {but})

    def with_contents(self) -> DeliveryQuerySet:
        return self.select_related("issue", "subscriber")


class Delivery(Entry):
    """One issue to one reader, with the papers picked for him: the ledger."""

    # The database does not check these two: that took half of the time of an opening.  Whoever
    # writes holds both rows, whoever erases a reader locks him first, and I8 looks for orphans.
    issue = models.ForeignKey(  # the constraint below has an index
        Issue, models.PROTECT, related_name="deliveries", db_index=False, db_constraint=False
    )
    # None once the reader was erased: the ledger must still add up.
    subscriber = models.ForeignKey(
        Subscriber, models.SET_NULL, null=True, related_name="deliveries", db_constraint=False
    )
    lane = models.CharField(max_length=12, default="other", editable=False)  # subscriptions.lanes
    packed_picks = models.BinaryField(default=b"", editable=False)  # newsletter.picks

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["issue", "subscriber"], name="one_delivery_per_issue"),
        ]
        indexes = [
            models.Index(  # read by every claim
                fields=["id"], name="delivery_pending", condition=Q(state="pending")
            ),
            models.Index(  # read by the sweep
                fields=["lease_until"],
                name="delivery_leased",
                condition=Q(state__in=["claimed", "attempting"]),
            ),
            models.Index(  # read by the sweep
                fields=["next_at"],
                name="delivery_waiting",
                condition=Q(state__in=["deferred", "uncertain"]),
            ),
            models.Index(  # read by every opening: their papers count as sent
                fields=["issue"], name="delivery_parked", condition=Q(state="parked")
            ),
            models.Index(  # read by events of services that do not return our id
                fields=["provider_id"], name="delivery_provider", condition=~Q(provider_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issue} to {self.subscriber}"

    @property
    def picks(self) -> list[Pick]:
        """The papers picked for the reader, best first."""
        return picks.unpack(self.packed_picks)

    @picks.setter
    def picks(self, chosen: Sequence[Pick]) -> None:
        self.packed_picks = picks.pack(chosen)

    @property
    def paper_ids(self) -> list[int]:
        return [pick.paper_id for pick in self.picks]


class SentQuerySet(models.QuerySet["Sent"]):
    def forget(self, *, before: datetime) -> int:
        """Delete blocks of papers that all came to us before that moment; return how many."""
        newest = Paper.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        recent = Paper.objects.filter(first_seen_at__gte=before)
        kept = {pk // history.BLOCK for pk in recent.values_list("pk", flat=True).iterator()}
        old = set(range(newest // history.BLOCK)) - kept
        return self.filter(block__in=old).delete()[0] if old else 0


class Sent(models.Model):
    """Papers of one block of ids that a reader was sent: two bytes each (newsletter.history)."""

    pk = models.CompositePrimaryKey("subscriber_id", "block")
    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="+", db_index=False)
    block = models.IntegerField()
    papers = models.BinaryField()

    objects = SentQuerySet.as_manager()

    def __str__(self) -> str:
        return f"block {self.block} of {self.subscriber_id}"


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

    def outcomes(self, issue: Issue) -> dict[Kind, int]:
        """How many mails of an issue came to which end; those never told of are left out."""
        mails = self.filter(issue=issue, is_ours=True).order_by().values("entry")
        kinds = mails.annotate(end=models.Max("kind")).values_list("end", flat=True)
        counts: Counter[Kind] = Counter(Kind(kind) for kind in kinds.iterator())
        return dict(counts)


class Event(models.Model):
    """Something that a mail service told of one mail.  Written once, never changed.

    What became of a mail is the largest kind of its events, so neither the order in which
    they are told matters nor how often.
    """

    # The service's id of it, or what it says if it has none, hashed: newsletter.dialects.
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


class Alarm(models.Model):
    """That an issue does harm, said once: who then lets it go on is not asked again."""

    class Kind(models.TextChoices):
        WARNED = "warned"
        PAUSED = "paused"

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="alarms", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue", "kind"], name="one_alarm_per_issue"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"


class Frozen(models.Model):
    """What was rendered once for all readers of an issue, so that no edit can change it.

    Both parts hold marks where something of a reader is filled in: subscriptions.encode.
    """

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="+", db_index=False)
    language = models.CharField(max_length=10)
    layout = models.CharField(max_length=10)
    html = models.TextField()
    text = models.TextField()
    frozen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Shell(Frozen):
    """What surrounds the papers of an issue."""

    # Names this rendering and the cards that go with it in the memory of a process.
    rendering = models.UUIDField(default=uuid.uuid4, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "language", "layout"], name="one_shell_per_issue"
            ),
        ]

    def __str__(self) -> str:
        return f"the shell of {self.issue}"


class Card(Frozen):
    """One paper as an issue shows it, whatever became of the paper since."""

    # Not bound to its row: a paper that is deleted stays in the mails of an issue under way.
    paper = models.ForeignKey(
        Paper, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    title = models.TextField()
    opening = models.TextField()  # what it says first, for whoever reads only a line of it
    trend = models.FloatField()  # 0..1, when it was rendered
    topics = models.JSONField()  # [[topic id, name, the sign of it in the paper], ...]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "paper", "language", "layout"], name="one_card_per_issue"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} in {self.issue}"
