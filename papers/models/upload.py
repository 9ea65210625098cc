"""Files that somebody uploaded and has not confirmed yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

LIFETIME = timedelta(hours=1)


class UploadQuerySet(models.QuerySet["Upload"]):
    def forget_old(self, *, at: datetime) -> int:
        """Delete what nobody confirmed in time; return how many files that were."""
        return self.filter(at__lt=at - LIFETIME).delete()[0]


class Upload(models.Model):
    """A file between its dry run and the word of the same person that it shall be stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(db_index=True)
    name = models.CharField(max_length=100)  # as papers.uploads makes it safe
    source = models.CharField(max_length=30)
    listed_on = models.DateField(null=True)
    content = models.BinaryField()  # as it came, perhaps packed

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.name
