"""Guess how papers do on a list that has hardly any votes yet, if the operator wants that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.conf import settings

from papers.histories import History
from papers.models import Paper
from papers.prior import Known, Prior

YOUNG = timedelta(hours=6)
FEW_VOTES = 5  # in the whole list
LOOK_BACK = timedelta(days=365)
FACTS = ("authors", "code_url", "project_url", "submitter", "organisation", "has_video")


def guesses(listed: Sequence[Paper], histories: Mapping[int, History]) -> dict[int, float]:
    """Return paper id -> guess for a list that is cold; nothing otherwise, or if it is not wanted.

    A list is cold while it is younger than 6 hours, or has fewer than 5 votes.
    """
    if not settings.TREND_PRIOR or not is_cold(listed, histories):
        return {}
    prior = Prior()
    for votes in _earlier(min(paper.listed_on for paper in listed if paper.listed_on)):
        prior.learn([known(paper) for paper in votes], [paper.expected_votes for paper in votes])
    found = prior.guess([known(paper) for paper in listed])
    return {paper.pk: guess for paper, guess in zip(listed, found, strict=True)}


def is_cold(listed: Sequence[Paper], histories: Mapping[int, History]) -> bool:
    ages = [
        histories[paper.pk].last_seen - histories[paper.pk].begins
        for paper in listed
        if paper.pk in histories
    ]
    is_young = bool(ages) and max(ages) < YOUNG
    return is_young or sum(paper.votes for paper in listed) < FEW_VOTES


def known(paper: Paper) -> Known:
    return Known(
        submitter=paper.submitter,
        organisation=paper.organisation,
        has_code=bool(paper.code_url),
        has_project_page=bool(paper.project_url),
        has_video=paper.has_video,
        authors=tuple(name for name in paper.authors if isinstance(name, str)),
    )


def _earlier(day: date) -> list[list[Paper]]:
    """The lists of the year before, oldest first."""
    papers = Paper.objects.listed(since=day - LOOK_BACK, until=day - timedelta(days=1))
    lists: defaultdict[date | None, list[Paper]] = defaultdict(list)
    for paper in papers.only("listed_on", "expected_votes", *FACTS).order_by("listed_on", "pk"):
        lists[paper.listed_on].append(paper)
    return list(lists.values())
