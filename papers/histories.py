"""What was seen of one paper's votes while it was on its list.  Pure: no database, no clock."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

AGE_ERROR = timedelta(hours=6)  # how long nobody may have looked around a moment that counts


@dataclass(frozen=True, slots=True)
class Rise:
    """A look at which a paper had more votes than at the one before."""

    until: datetime
    votes: int  # then
    since: datetime | None = None  # the look before; None if there was none


@dataclass(frozen=True, slots=True)
class History:
    """The votes of one paper on the list of one date, in order of time.

    `joined` is when the list first had it: the list's own beginning, unless the list was seen
    without it.  `last_seen` is the last look at the list, so that papers of one list are as old
    as each other unless one came later.  `carried` are votes from an earlier list, which say
    nothing of this one.
    """

    listed_on: date
    first_seen: datetime
    last_seen: datetime
    joined: datetime
    carried: int = 0
    rises: Sequence[Rise] = ()

    @property
    def begins(self) -> datetime:
        """When its list began."""
        return datetime.combine(self.listed_on, time(), tzinfo=UTC)

    @property
    def age(self) -> timedelta:
        """How old the paper was on its list when anybody last looked at that."""
        return max(self.last_seen - self.joined, timedelta())

    def gained_by(self, moment: datetime) -> int:
        """Return the votes that it had gained on its list, as they were last seen by `moment`."""
        place = bisect_right(self.rises, moment, key=lambda rise: rise.until)
        return max(self.rises[place - 1].votes - self.carried, 0) if place else 0

    def gained_at(self, moment: datetime) -> float | None:
        """As `gained_by`, and in a straight line between looks; None if nobody looked near it."""
        if not self.joined <= moment <= self.last_seen:
            return None
        place = bisect_right(self.rises, moment, key=lambda rise: rise.until)
        so_far = self.gained_by(moment)
        if place == len(self.rises):
            return so_far
        following = self.rises[place]
        since = following.since if place else self.joined
        if since is None or moment <= since:
            return so_far
        if following.until - since > AGE_ERROR:
            return None
        more = max(following.votes - self.carried - so_far, 0)
        return so_far + more * ((moment - since) / (following.until - since))


def history(
    listed_on: date,
    *,
    first_seen: datetime,
    looks: tuple[datetime, datetime],
    rises: Iterable[Rise],
) -> History:
    """Put together what was seen of a paper.

    Args:
        first_seen: on this list.
        looks: when anybody first and last looked at this list.
        rises: in order of time; those of earlier lists may be among them.
    """
    begins = datetime.combine(listed_on, time(), tzinfo=UTC)
    first_look, last_look = looks
    ordered = list(rises)
    earlier = [rise.votes for rise in ordered if rise.until < first_seen]
    return History(
        listed_on=listed_on,
        first_seen=first_seen,
        last_seen=last_look,
        joined=first_seen if first_seen > first_look else min(begins, first_seen),
        carried=earlier[-1] if earlier else 0,
        rises=[rise for rise in ordered if rise.until >= first_seen],
    )
