"""What a weekly or monthly edition says at its head: what rose, and what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from newsletter import wording
from newsletter.columns import fold
from newsletter.models import Issue
from newsletter.tongues import OF_PAPERS, language_of
from papers.models import Assignment, Paper, topic_label
from papers.text import clean
from papers.wording import shorten

DAYS = {Issue.Cadence.WEEKLY: 7, Issue.Cadence.MONTHLY: 31}
BARS, TOPICS = 5, 3  # how many papers and topics are named
LONGEST = 78  # percent of the width, so that the number stands beside its bar
DRAWN = 40  # columns of the longest bar in plain text


@dataclass(frozen=True, slots=True)
class Bar:
    """One paper of the chart."""

    title: str
    language: str  # of the title
    votes: str
    percent: int  # 1..LONGEST

    @property
    def title_folded(self) -> str:
        return fold(self.title)

    @property
    def drawn(self) -> str:
        return "#" * max(1, round(self.percent * DRAWN / LONGEST))


@dataclass(frozen=True, slots=True)
class Highlights:
    bars: Sequence[Bar]  # most votes first
    news: str

    @property
    def news_folded(self) -> str:
        return fold(self.news)


def of(issue: Issue) -> Highlights | None:
    """Return what the span of an issue was about, in two queries; None for a short one."""
    if issue.cadence not in DAYS:
        return None
    days = DAYS[Issue.Cadence(issue.cadence)]
    rows = Paper.objects.trending(until=issue.on, days=days)
    votes = {pk: (title, count) for pk, title, count in rows.values_list("pk", "title", "votes")}
    if not votes:
        return None
    named = Assignment.objects.filter(paper__in=rows.values("pk"), topic__is_active=True)
    topics = Counter(map(topic_label, named.values_list("topic__name", flat=True)))
    return Highlights(bars(list(votes.values())), news(len(votes), days=days, topics=topics))


def bars(votes: Sequence[tuple[str, int]]) -> list[Bar]:
    """Return the papers with the most votes; one without votes did not rise."""
    top = sorted((pair for pair in votes if pair[1]), key=lambda pair: -pair[1])[:BARS]
    return [
        Bar(
            shorten(clean(title, limit=500), 90),
            language_of(title) or OF_PAPERS,
            wording.votes(count),
            max(1, round(count * LONGEST / top[0][1])),
        )
        for title, count in top
    ]


def news(count: int, *, days: int, topics: Counter[str]) -> str:
    """Say how many papers came, and what most of them are about."""
    # Translators: what stands between the topics of a list.
    named = pgettext("list", ", ").join(
        _("%(topic)s (%(count)s)") % {"topic": topic, "count": wording.number(found)}
        for topic, found in topics.most_common(TOPICS)
    )
    if named:
        said = ngettext(
            "%(count)s paper was listed in %(days)s days, most of them on %(topics)s.",
            "%(count)s papers were listed in %(days)s days, most of them on %(topics)s.",
            count,
        )
    else:
        said = ngettext(
            "%(count)s paper was listed in %(days)s days.",
            "%(count)s papers were listed in %(days)s days.",
            count,
        )
    return said % {"count": wording.number(count), "days": days, "topics": named}
