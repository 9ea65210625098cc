"""Which lists a page shows, and in which order.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from django.utils.translation import gettext_lazy as _

SPANS = {"today": 1, "week": 7, "month": 31}  # days of lists


class Sort(Enum):
    """The orders that somebody can choose from."""

    TREND = "trend"
    VOTES = "votes"
    NEWEST = "newest"

    @property
    def label(self) -> str:
        return str(LABELS[self])

    @property
    def sentence(self) -> str:
        """How it is done, for whoever wonders."""
        return str(SENTENCES[self])

    @classmethod
    def of(cls, text: str) -> Sort:
        """Read a parameter; what is no order is the usual one."""
        return next((sort for sort in cls if sort.value == text), cls.TREND)


LABELS = {
    Sort.TREND: _("Trending"),
    Sort.VOTES: _("Most votes"),
    Sort.NEWEST: _("Newest"),
}
SENTENCES = {
    Sort.TREND: _(
        "Trending means: votes against what papers of the same list and age usually have. "
        "The bar shows how hot each one is."
    ),
    Sort.VOTES: _("By the votes that were counted, whatever the age of the paper."),
    Sort.NEWEST: _("By the day on which a list named the paper, then by how much it trends."),
}


@dataclass(frozen=True, slots=True)
class Window:
    """The lists of some days: from `since` to `until`, both included."""

    since: date
    until: date

    @property
    def is_day(self) -> bool:
        return self.since == self.until

    @classmethod
    def ending(cls, newest: date, *, span: str) -> Window:
        """The days of `span`, a key of SPANS, up to the newest list."""
        return cls(newest - timedelta(days=SPANS[span] - 1), newest)
