"""How often issues are opened and their links followed, in sum."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from newsletter.models.issue import Issue


class Link(models.Model):
    """An address that counted links lead to: they hold its number, so they lead nowhere else."""

    url = models.CharField(max_length=500, unique=True)

    def __str__(self) -> str:
        return self.url


class Sight(models.Model):
    """A digest was opened, or a link in it followed, a moment ago: newsletter.counting.

    The next sweep but one adds it to the sums and deletes it.  Whose mail it was is not known.
    """

    class Kind(models.TextChoices):
        OPENED = "opened"
        CLICKED = "clicked"
        SCANNED = "scanned"  # the link that people do not see was followed

    # Where it came from on the network: hashes, to count nobody twice and to know programs.
    visitor = models.UUIDField()
    network = models.UUIDField()
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=7, choices=Kind)
    link = models.ForeignKey(Link, models.CASCADE, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [  # so whoever asks again and again fills no table
            models.UniqueConstraint(fields=["visitor", "issue", "link"], name="one_sight_per_link"),
            models.UniqueConstraint(
                fields=["visitor", "issue", "kind"],
                name="one_sight_without_link",
                condition=Q(link=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%H:%M:%S}"


class Tally(models.Model):
    """How often an issue was opened, or one of its links followed, by readers who agreed."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="tallies", db_index=False)
    kind = models.CharField(max_length=7, choices=Sight.Kind)
    link = models.ForeignKey(Link, models.PROTECT, null=True, related_name="+")
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(fields=["issue", "link"], name="one_tally_per_link"),
            models.UniqueConstraint(
                fields=["issue"], name="one_tally_of_opens", condition=Q(link=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} times {self.kind}"
