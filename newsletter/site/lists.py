"""The papers of a page, in the order that was asked for."""

from __future__ import annotations

from datetime import date

from django.db.models import F

from newsletter.site.windows import Sort, Window
from papers.models import Paper, PaperQuerySet, Topic

AT_ONCE = 30  # papers on a page


def papers_of(window: Window, sort: Sort, *, topic: Topic | None = None) -> PaperQuerySet:
    """Papers of the lists of a window, ready for cards; withdrawn ones are left out.

    Over several lists the trend compares the votes to be expected, as a weekly issue does.
    """
    papers = Paper.objects.standing().listed(since=window.since, until=window.until)
    if topic is not None:
        papers = papers.filter(assignments__topic=topic)
    return ordered(papers, sort, is_day=window.is_day).for_cards()


def ordered(papers: PaperQuerySet, sort: Sort, *, is_day: bool = False) -> PaperQuerySet:
    match sort:
        case Sort.VOTES:
            return papers.order_by("-votes", "-trend_score", "pk")
        case Sort.NEWEST:
            newest = F("listed_on").desc(nulls_last=True)
            return papers.order_by(newest, "-trend_score", "pk")
        case _:
            return papers.hottest_first() if is_day else papers.most_expected_first()


def newest(*, until: date) -> date | None:
    return Paper.objects.newest_list(until=until)


def list_before(day: date) -> date | None:
    """The newest list before that day."""
    lists = Paper.objects.filter(listed_on__lt=day).order_by("-listed_on")
    return lists.values_list("listed_on", flat=True).first()


def list_after(day: date, *, until: date) -> date | None:
    """The oldest list after that day."""
    lists = Paper.objects.filter(listed_on__gt=day, listed_on__lte=until).order_by("listed_on")
    return lists.values_list("listed_on", flat=True).first()


def rank(paper: Paper) -> int | None:
    """Its place in its list by trend; None if it has none."""
    if paper.listed_on is None or not paper.trend_score or paper.is_withdrawn:
        return None
    others = Paper.objects.standing().listed(since=paper.listed_on, until=paper.listed_on)
    return 1 + others.filter(trend_score__gt=paper.trend_score).count()
