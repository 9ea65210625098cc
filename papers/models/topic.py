"""What papers can be about."""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext

from papers.signs import Rule


class TopicQuerySet(models.QuerySet["Topic"]):
    def active(self) -> TopicQuerySet:
        """Topics that readers can choose."""
        return self.filter(is_active=True)


class Topic(models.Model):
    """Something a reader can care about, with the signs by which a paper is recognised."""

    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)
    include = models.TextField(blank=True, help_text="One phrase a line; each is a sign of it.")
    exclude = models.TextField(
        blank=True, help_text="One phrase a line; each cancels signs found only in the abstract."
    )
    categories = models.TextField(blank=True, help_text="One arXiv category a line.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Order in forms.")
    is_active = models.BooleanField(default=True)
    # Where its papers and readers went when it was merged; it stays for digests that name it.
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="merged"
    )

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Its name in the language that is active."""
        return topic_label(self.name)

    @property
    def about(self) -> str:
        """Its description in the language that is active."""
        return topic_label(self.description)

    @property
    def rule(self) -> Rule:
        return Rule.of_lines(
            self.slug, include=self.include, exclude=self.exclude, categories=self.categories
        )


def topic_label(text: str) -> str:
    """Translate a name or description of the catalogue; an editor's own stays as it is."""
    return pgettext("topic", text) if text else ""
