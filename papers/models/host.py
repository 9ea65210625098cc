"""The machines that sources ask: whose turn it is, who is left alone, and what they said last."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.timezone import now


class HostQuerySet(models.QuerySet["Host"]):
    def paused(self, *, at: datetime) -> HostQuerySet:
        """Hosts that nobody may ask at that moment."""
        return self.filter(paused_until__gt=at)


class Host(models.Model):
    """A machine that once asked to be left alone, and until when it is."""

    name = models.CharField(max_length=300, unique=True)  # "rss.arxiv.org", "127.0.0.1:8080"
    paused_since = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=500, blank=True)
    # How often it was paused without a good answer in between.
    strikes = models.PositiveSmallIntegerField(default=0)

    objects = HostQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def is_paused(self, *, at: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > at


class Turn(models.Model):
    """Who may ask a service now; one row for all of its hosts, on the database's clock."""

    service = models.CharField(max_length=300, unique=True)
    holder = models.CharField(max_length=32, blank=True)  # of the turn that was taken last
    free_at = models.DateTimeField()  # when the next turn may be taken

    class Meta:
        ordering = ["service"]

    def __str__(self) -> str:
        return self.service


class PageQuerySet(models.QuerySet["Page"]):
    def forget(self, *, before: datetime) -> int:
        """Delete those that nobody has asked for since that moment; return how many."""
        return self.filter(read_at__lt=before).delete()[0]


class Page(models.Model):
    """An answer of which everything is stored, so that only a newer one is asked for."""

    url = models.CharField(max_length=2000, unique=True)
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    next_url = models.CharField(max_length=2000, blank=True)  # of the page that follows it
    read_at = models.DateTimeField(default=now)

    objects = PageQuerySet.as_manager()

    class Meta:
        ordering = ["url"]

    def __str__(self) -> str:
        return self.url
