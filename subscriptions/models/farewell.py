"""Readers on their way: to another address, or away from us."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from subscriptions.models.reader import Subscriber


class AddressChange(models.Model):
    """The address that a reader wants us to write to instead; its owner has still to say yes.

    A reader has one at most, the last that he asked for.  It goes a day later: retention.
    """

    subscriber = models.OneToOneField(
        Subscriber, models.CASCADE, primary_key=True, related_name="address_change"
    )
    email = models.EmailField(max_length=254)  # as `address.normalise` returned it
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"to {self.email}"


class Farewell(models.Model):
    """Why somebody left, if he said so; one reason a day.

    The reason stays when the reader is erased, without him.
    """

    class Reason(models.TextChoices):
        TOO_MANY = "too-many", _("Too many mails")
        NOT_RELEVANT = "not-relevant", _("The papers did not fit")
        NO_TIME = "no-time", _("I do not get to read them")
        FEED = "feed", _("I read by feed instead")
        NEVER_ASKED = "never-asked", _("I never signed up")
        OTHER = "other", _("Something else")

    subscriber = models.ForeignKey(
        Subscriber, models.SET_NULL, null=True, related_name="farewells", db_index=False
    )
    on = models.DateField()
    reason = models.CharField(max_length=12, choices=Reason)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "on"], name="one_farewell_a_day"),
        ]

    def __str__(self) -> str:
        return str(self.get_reason_display())
