"""Readers: who they are, what they want, what they agreed to, and whom never to write to."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from papers.models import Paper, Topic
from subscriptions.ledger import Entry, EntryQuerySet


def address_hash(email: str, *, key: str | None = None) -> str:
    """Recognise an address without storing it: 64 hex digits, keyed with SECRET_KEY or `key`."""
    secret = _suppression_key(settings.SECRET_KEY if key is None else key)
    return hmac.digest(secret, email.casefold().encode(), "sha256").hex()


@cache
def _suppression_key(secret: str) -> bytes:
    """As Django's `salted_hmac` derives it; once and not for every reader of every chunk."""
    return hashlib.sha256(b"suppression" + secret.encode()).digest()


def suppressed_among(emails: Iterable[str]) -> set[str]:
    """Return those of `emails` that must never be written to.

    An older key that is still believed counts: a new SECRET_KEY must not forget anybody.
    """
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    hashes = {address_hash(email, key=key): email for email in emails for key in keys}
    found = Suppression.objects.filter(address_hash__in=hashes)
    return {hashes[key] for key in found.values_list("address_hash", flat=True)}


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def deliverable(self) -> SubscriberQuerySet:
        """Readers who confirmed and did not leave."""
        return self.filter(state=Subscriber.State.CONFIRMED)

    def due(self, *, at: datetime) -> SubscriberQuerySet:
        """Readers whose next digest is to be made by `at`, earliest first."""
        return self.deliverable().filter(next_digest_at__lte=at).order_by("next_digest_at", "pk")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Erase them, and first wait for whoever is writing to them.

        The ledger's rows are not checked by the database: those that are written meanwhile
        must be seen here, to let go of the reader.
        """
        ids = list(self.order_by().values_list("pk", flat=True))
        with transaction.atomic():
            lock(ids)
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]  # as Django's own
    delete.queryset_only = True  # type: ignore[attr-defined]  # `objects.delete()` is a slip

    def by_address(self, email: str) -> SubscriberQuerySet:
        """The reader of an address, whatever its case; found by the index of the constraint."""
        return self.alias(address=Lower("email")).filter(address=email.lower())


class Subscriber(models.Model):
    """One reader.  The address is the account; there is no password."""

    class State(models.TextChoices):
        PENDING = "pending"
        CONFIRMED = "confirmed"
        UNSUBSCRIBED = "unsubscribed"
        SUPPRESSED = "suppressed"  # asked us, or their mail service, never to write again
        BOUNCED = "bounced"  # the address does not exist, or its mailbox was full too long

    class Cadence(models.TextChoices):
        DAILY = "daily", "Every day"
        WEEKDAYS = "weekdays", "Monday to Friday"
        WEEKLY = "weekly", "Once a week"
        MONTHLY = "monthly", "Once a month"

    class Weekday(models.IntegerChoices):
        MONDAY = 0
        TUESDAY = 1
        WEDNESDAY = 2
        THURSDAY = 3
        FRIDAY = 4
        SATURDAY = 5
        SUNDAY = 6

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_version = models.PositiveSmallIntegerField(default=0)  # raise to revoke all links
    email = models.EmailField(max_length=254)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    state_changed_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    cadence = models.CharField(max_length=8, choices=Cadence, default=Cadence.DAILY)
    weekday = models.PositiveSmallIntegerField(
        choices=Weekday,
        default=Weekday.MONDAY,
        help_text="Of the weekly digest; a monthly one comes on its first in the month.",
    )
    hour = models.PositiveSmallIntegerField(default=7, validators=[MaxValueValidator(23)])
    time_zone = models.CharField(max_length=64, default="UTC")  # IANA name
    length = models.PositiveSmallIntegerField(
        default=7, validators=[MinValueValidator(1), MaxValueValidator(30)]
    )
    # How much the trend counts in the order of papers; the rest is the match.
    trend_share = models.FloatField(default=0.4)  # 0..1
    # Soft bounces, each worth 1 and worth half after seven days: subscriptions.bounces.
    bounce_score = models.FloatField(default=0, editable=False)
    bounced_at = models.DateTimeField(null=True, editable=False)
    # Agreed that opened and clicked digests are counted, in sum and never by name.
    is_counted = models.BooleanField(default=False)
    # Filled in by subscriptions.cadence; None means "no digest is planned".
    next_digest_at = models.DateTimeField(null=True, editable=False)
    topics = models.ManyToManyField(Topic, through="Interest", related_name="subscribers")

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_subscriber_per_address"),
            models.CheckConstraint(condition=Q(hour__lte=23), name="subscriber_hour_in_range"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="subscriber_weekday_in_range"),
            models.CheckConstraint(
                condition=Q(trend_share__gte=0, trend_share__lte=1),
                name="subscriber_trend_share_in_range",
            ),
        ]
        # Every opening changes `next_digest_at`, and each index of confirmed readers costs it.
        indexes = [
            models.Index(  # read by every tick of beat
                fields=["next_digest_at"], name="subscriber_due", condition=Q(state="confirmed")
            ),
            models.Index(  # read by whoever forgets those who never confirmed
                fields=["state_changed_at"],
                name="subscriber_unconfirmed",
                condition=Q(state="pending"),
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Erase him, as `SubscriberQuerySet.delete` does."""
        with transaction.atomic():
            lock([self.pk])
            return super().delete(*args, **kwargs)

    @property
    def is_deliverable(self) -> bool:
        return self.state == self.State.CONFIRMED

    def confirm(self, *, at: datetime, next_digest_at: datetime) -> None:
        self.next_digest_at = next_digest_at
        self._move_to(self.State.CONFIRMED, at=at)

    def unsubscribe(self, *, at: datetime) -> None:
        """Leave.  Asking again later starts from the beginning, with a new confirmation."""
        if self.state in {self.State.PENDING, self.State.CONFIRMED}:
            self.next_digest_at = None
            self._move_to(self.State.UNSUBSCRIBED, at=at)

    def suppress(self, *, at: datetime, reason: str = "") -> None:
        """Never write to this address again, whatever anybody asks."""
        never_write([self], self.State.SUPPRESSED, at=at, reason=reason)

    def bounce(self, *, at: datetime, reason: str) -> None:
        """Mail to this address comes back: never write to it again.

        Who does not want mail stays somebody who does not want it.
        """
        if self.state not in {self.State.SUPPRESSED, self.State.BOUNCED}:
            never_write([self], self.State.BOUNCED, at=at, reason=reason)

    def _move_to(self, state: State, *, at: datetime) -> None:
        self.state, self.state_changed_at = state, at
        self.save(update_fields=["state", "state_changed_at", "next_digest_at"])


def lock(ids: Sequence[int]) -> None:
    """Wait until nobody writes to these readers, and let nobody until the transaction ends."""
    rows = Subscriber.objects.filter(pk__in=ids).select_for_update().order_by("pk")
    list(rows.values_list("pk"))


def never_write(
    readers: Sequence[Subscriber], state: Subscriber.State, *, at: datetime, reason: str
) -> None:
    """Suppress the addresses of all these, and give each the state that says why."""
    known = suppressed_among(reader.email for reader in readers)
    new = [address_hash(reader.email) for reader in readers if reader.email not in known]
    Suppression.objects.bulk_create(
        [Suppression(address_hash=key, at=at, reason=reason[:200]) for key in new],
        ignore_conflicts=True,
    )
    changes = {"state": state, "state_changed_at": at, "next_digest_at": None}
    Subscriber.objects.filter(pk__in=[reader.pk for reader in readers]).update(**changes)
    for reader in readers:
        for field, value in changes.items():
            setattr(reader, field, value)


class Interest(models.Model):
    """A reader follows a topic, or has muted it."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="interests")
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="interests")
    weight = models.FloatField(default=1)  # 0..2; 1 is normal, 0 keeps its papers out

    class Meta:
        ordering = ["topic__position"]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "topic"], name="one_interest_per_topic"),
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=2), name="interest_weight_in_range"
            ),
        ]

    def __str__(self) -> str:
        return str(self.topic)


class Phrase(models.Model):
    """Words that readers look for or avoid, or the name of an author; stored once for all."""

    class Kind(models.TextChoices):
        KEYWORD = "keyword"  # every word of it, one after the other, in title or abstract
        AUTHOR = "author"  # a whole name

    kind = models.CharField(max_length=8, choices=Kind)
    text = models.CharField(max_length=80)  # normalised: papers.text.title_key

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "text"], name="one_phrase_per_text"),
        ]

    def __str__(self) -> str:
        return self.text


class Wish(models.Model):
    """A reader looks for a phrase, or wants no paper that has it."""

    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, related_name="wishes", db_index=False
    )
    phrase = models.ForeignKey(Phrase, models.CASCADE, related_name="wishes")
    is_excluded = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "wishes"
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "phrase"], name="one_wish_per_phrase"),
        ]

    def __str__(self) -> str:
        return f"not {self.phrase}" if self.is_excluded else str(self.phrase)


class Feedback(models.Model):
    """A reader wants more papers like this one, or fewer."""

    class Kind(models.TextChoices):
        MORE = "more"
        LESS = "less"

    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, related_name="feedback", db_index=False
    )
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="feedback")
    kind = models.CharField(max_length=4, choices=Kind)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "paper"], name="one_feedback_per_paper"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} like {self.paper}"


class Vote(models.Model):
    """A reader's own vote for a paper: one source of trend among the others."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="votes", db_index=False)
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="reader_votes")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "paper"], name="one_vote_per_paper"),
        ]

    def __str__(self) -> str:
        return f"a vote for {self.paper}"


class Taste(models.Model):
    """What a reader's feedback says in sum: a direction among the papers' vectors."""

    subscriber = models.OneToOneField(
        Subscriber, models.CASCADE, primary_key=True, related_name="taste"
    )
    vector = models.BinaryField()  # as papers.vectors writes it

    def __str__(self) -> str:
        return f"the taste of {self.subscriber}"


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


class Consent(models.Model):
    """What a reader agreed to, when, from where, and in which words.  Append-only."""

    class Act(models.TextChoices):
        ASKED = "asked"
        CONFIRMED = "confirmed"
        LEFT = "left"

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="consents")
    act = models.CharField(max_length=10, choices=Act)
    at = models.DateTimeField()
    wording_id = models.CharField(max_length=40, blank=True)
    wording = models.TextField(blank=True)  # exactly what the reader was told
    ip = models.GenericIPAddressField(null=True, blank=True)
    page = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.act} at {self.at:%Y-%m-%d %H:%M}"


class Suppression(models.Model):
    """An address never to write to, kept as a keyed hash so that erasure can be complete."""

    address_hash = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.address_hash[:12]}… since {self.at:%Y-%m-%d}"


class SignUpCount(models.Model):
    """How often one bucket (an address, a network) asked for a mail in one span of time."""

    bucket = models.CharField(max_length=100)
    starts_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bucket", "starts_at"], name="one_count_per_bucket"),
        ]

    def __str__(self) -> str:
        return f"{self.bucket}: {self.count}"


class LetterQuerySet(EntryQuerySet["Letter"]):
    """Letters, with the verbs of the ledger."""


class Letter(Entry):
    """One transactional mail: the outbox.  Written in the transaction that makes it due."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm"  # "is this you?"
        ALREADY = "already"  # to a confirmed reader who signed up again: "here is your page"

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=10, choices=Kind)

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["id"], name="letter_pending", condition=Q(state="pending")),
            models.Index(
                fields=["lease_until"],
                name="letter_leased",
                condition=Q(state__in=["claimed", "attempting"]),
            ),
            models.Index(  # read by the sweep
                fields=["next_at"],
                name="letter_waiting",
                condition=Q(state__in=["deferred", "uncertain"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.subscriber}"
