"""One reader: his address, his state, and when his digest comes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from papers.models import Topic
from subscriptions.models.suppression import Suppression, address_hash, suppressed_among

PAUSE = ("paused_on", "paused_until", "catches_up")  # fields


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
        DAILY = "daily", _("Every day")
        WEEKDAYS = "weekdays", _("Monday to Friday")
        WEEKLY = "weekly", _("Once a week")
        MONTHLY = "monthly", _("Once a month")

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

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
    # Of his pages and mails; what a new reader's pages were in when he signed up.
    language = models.CharField(
        max_length=10, choices=settings.LANGUAGES, default="en", db_default="en"
    )
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
    # He paused: no digest of a date before the last one of these, in his zone.  A past one
    # means nothing.  What he missed since the first is made up for if he wishes that.
    paused_on = models.DateField(null=True, editable=False)
    paused_until = models.DateField(null=True, editable=False)
    catches_up = models.BooleanField(default=False, db_default=False, editable=False)
    is_text_only = models.BooleanField(default=False, db_default=False)  # no HTML in his mail
    # Without: he reads his feed, and no digest is planned; letters still reach him.
    wants_mail = models.BooleanField(default=True, db_default=True)
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
            models.Index(  # read by every tick of beat, a block of readers from its beginning
                fields=["next_digest_at", "id"],
                name="subscriber_due",
                condition=Q(state="confirmed"),
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

    def confirm(self, *, at: datetime, next_digest_at: datetime | None) -> None:
        self.next_digest_at = next_digest_at
        self._move_to(self.State.CONFIRMED, at=at)

    def unsubscribe(self, *, at: datetime) -> None:
        """Leave.  Asking again later starts from the beginning, with a new confirmation."""
        if self.state in {self.State.PENDING, self.State.CONFIRMED}:
            self.next_digest_at = None
            self.end_pause()
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

    def end_pause(self) -> None:
        """Forget that he paused; whoever calls it saves the row."""
        self.paused_on = self.paused_until = None
        self.catches_up = False

    def _move_to(self, state: State, *, at: datetime) -> None:
        self.state, self.state_changed_at = state, at
        self.save(update_fields=["state", "state_changed_at", "next_digest_at", *PAUSE])


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
