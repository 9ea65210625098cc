"""Papers, and which topics they are about."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.utils.timezone import now

from papers import vectors
from papers.models.topic import Topic
from papers.wording import excerpt, name_authors

TEASER_LENGTH = 320  # characters
RISES_AFTER = timedelta(days=30)  # a list that names a paper again so late names it anew
MOST_RISES = 15  # what four bits hold: newsletter.picks, newsletter.history
OWN_KEY = re.compile(r"p[1-9][0-9]{0,17}")


class PaperQuerySet(models.QuerySet["Paper"]):
    def standing(self) -> PaperQuerySet:
        """Papers that were not withdrawn."""
        return self.filter(withdrawn_on=None)

    def listed(self, *, since: date, until: date) -> PaperQuerySet:
        """Papers whose newest list date lies in [since, until]."""
        return self.filter(listed_on__gte=since, listed_on__lte=until)

    def alive_since(self, when: datetime) -> PaperQuerySet:
        """Papers, not withdrawn, that a list named or that came to us since `when`."""
        return self.standing().filter(Q(listed_on__gte=when.date()) | Q(first_seen_at__gte=when))

    def hottest_first(self) -> PaperQuerySet:
        """By trend score; ties go to the paper submitted earlier, then stored earlier."""
        return self.order_by("-trend_score", models.F("published_at").asc(nulls_last=True), "pk")

    def most_expected_first(self) -> PaperQuerySet:
        """By the votes to be expected, which compares lists of different age; then as above."""
        submitted = models.F("published_at").asc(nulls_last=True)
        return self.order_by("-expected_votes", "-trend_score", submitted, "pk")

    def with_vector(self) -> PaperQuerySet:
        """Papers whose vector papers.vectors can read."""
        first, next_ = (bytes([vectors.VERSION + step]) for step in (0, 1))
        sized = self.annotate(size=Length("vector"))
        return sized.filter(size=vectors.SIZE, vector__gte=first, vector__lt=next_)

    def without_vector(self) -> PaperQuerySet:
        """The others: not classified yet, or by an older version."""
        return self.exclude(pk__in=self.with_vector().values("pk"))

    def with_topics(self) -> PaperQuerySet:
        """Everything that a card shows, in three queries."""
        return self.prefetch_related("assignments__topic")

    def for_cards(self) -> PaperQuerySet:
        """The same, without what no card shows and weighs much."""
        return self.with_topics().defer("vector", "source_title", "source_abstract", "categories")

    def by_key(self, key: str) -> PaperQuerySet:
        """The paper of that `key`, or none."""
        if OWN_KEY.fullmatch(key):
            return self.filter(pk=int(key[1:]), arxiv_id=None)
        return self.filter(arxiv_id=key) if key.isprintable() else self.none()

    def newest_list(self, *, until: date) -> date | None:
        """The newest list date that is not after `until`; None if there is none."""
        lists = self.filter(listed_on__lte=until).order_by("-listed_on")
        return lists.values_list("listed_on", flat=True).first()

    def trending(self, *, until: date, days: int) -> PaperQuerySet:
        """Papers of the newest list and of the `days` - 1 days before it, hottest first.

        Withdrawn papers are left out.
        """
        newest = self.newest_list(until=until)
        if newest is None:
            return self.none()
        since = newest - timedelta(days=days - 1)
        return self.standing().listed(since=since, until=newest).hottest_first()


class Paper(models.Model):
    """One paper, whichever source told us of it."""

    arxiv_id = models.CharField(
        max_length=32, null=True, blank=True, unique=True, help_text="Without the version."
    )
    title = models.TextField()
    # The normalised title: how a paper without an arXiv id is recognised again.
    title_key = models.CharField(max_length=500, db_index=True, editable=False)
    abstract = models.TextField(blank=True)
    # What title and abstract were made of, to make them again; blank if it was the same.
    source_title = models.TextField(blank=True, default="", db_default="", editable=False)
    source_abstract = models.TextField(blank=True, default="", db_default="", editable=False)
    summary = models.TextField(blank=True, help_text="Ours, one or two sentences.")
    authors = models.JSONField(default=list, blank=True)
    categories = models.JSONField(default=list, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    listed_on = models.DateField(null=True, blank=True, db_index=True)
    # How often a list named it anew, `RISES_AFTER` or more after the list before.
    rises = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    version = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="The newest seen on arXiv; 0 if none was told."
    )
    withdrawn_on = models.DateField(
        null=True, blank=True, help_text="When we learnt of it.  No digest has it from then on."
    )
    first_seen_at = models.DateTimeField(default=now, db_index=True)
    code_url = models.URLField(max_length=500, blank=True)
    project_url = models.URLField(max_length=500, blank=True)
    # Of the list that it was on: who put it there, as a keyed hash, and for whom.
    submitter = models.CharField(max_length=16, blank=True, default="", db_default="")
    organisation = models.CharField(max_length=200, blank=True, default="", db_default="")
    has_video = models.BooleanField(default=False, db_default=False)
    topics = models.ManyToManyField(Topic, through="Assignment", related_name="papers")
    # What its words say, as papers.vectors writes it; None until it was classified.
    vector = models.BinaryField(null=True, editable=False)

    # The newest observation, kept here so that lists need no join.
    votes = models.PositiveIntegerField(default=0)
    comments = models.PositiveIntegerField(default=0)
    stars = models.PositiveIntegerField(default=0)
    own_votes = models.PositiveIntegerField(default=0, editable=False)  # of our readers
    # An operator found the votes up to then to be genuine.
    vouched_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Filled in by papers.scoring.  A score is 0..1, and 0 means "not scored yet".
    trend_score = models.FloatField(default=0, db_index=True)
    # The votes to be expected after a week, of those that count: what papers of several lists
    # are compared by.
    expected_votes = models.FloatField(default=0, editable=False)
    # Votes that came too fast to be believed: shown, and not counted.
    doubted_votes = models.PositiveIntegerField(default=0, editable=False)

    objects = PaperQuerySet.as_manager()

    class Meta:
        ordering = ["-listed_on", "-trend_score", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(trend_score__gte=0, trend_score__lte=1), name="paper_score_in_range"
            ),
            models.UniqueConstraint(
                fields=["title_key"], condition=Q(arxiv_id=None), name="one_paper_per_bare_title"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def list_on(self, day: date | None) -> None:
        """A list of that day names it.  Only a newer list than all before can name it anew."""
        if day is None or (self.listed_on and day <= self.listed_on):
            return
        if self.listed_on and day - self.listed_on >= RISES_AFTER:
            self.rises = min(self.rises + 1, MOST_RISES)
        self.listed_on = day

    @property
    def key(self) -> str:
        """Its name in addresses of the site: the arXiv id, else "p" and our number."""
        return self.arxiv_id or f"p{self.pk}"

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_on is not None

    @property
    def byline(self) -> str:
        """Its authors, as a card names them."""
        return name_authors(self.authors)

    @property
    def teaser(self) -> str:
        """What a card says of it: our summary, or how the abstract begins."""
        return self.summary or excerpt(self.abstract, TEASER_LENGTH)

    @property
    def abstract_url(self) -> str:
        """Where the paper can be read about; empty if no source gave an arXiv id."""
        return f"https://arxiv.org/abs/{self.arxiv_id}" if self.arxiv_id else ""

    @property
    def pdf_url(self) -> str:
        return f"https://arxiv.org/pdf/{self.arxiv_id}" if self.arxiv_id else ""


class Assignment(models.Model):
    """A paper is about a topic, how strongly, and by which sign."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="assignments")
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="assignments")
    strength = models.FloatField(default=1)  # 0 < strength <= 1
    reason = models.CharField(max_length=200, blank=True)
    is_by_hand = models.BooleanField(default=False, help_text="Kept when papers are classified.")

    class Meta:
        ordering = ["-strength", "topic__position"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "topic"], name="one_assignment_per_topic"),
            models.CheckConstraint(
                condition=Q(strength__gt=0, strength__lte=1), name="assignment_strength_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic}: {self.reason}" if self.reason else str(self.topic)
