"""The charts of the first page, from what newsletter.dashboard.facts loaded.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time

from newsletter.models import Balance
from papers.charts import Chart, line_chart
from subscriptions.models import Census
from subscriptions.verdicts import State

DAY = "%d %b"
READERS = ("confirmed", "pending", "unsubscribed", "suppressed")


def readers(days: Sequence[Census]) -> Chart | None:
    """Readers by state over time; None without any day."""
    return line_chart(
        {name: [(_moment(row.day), getattr(row, name)) for row in days] for name in READERS},
        moments=DAY,
    )


def deliveries(balances: Sequence[Balance]) -> Chart | None:
    """Mails of each issue that were taken, and all others."""
    return _over_issues(
        balances,
        {
            "accepted": lambda found: found.states.get(State.ACCEPTED, 0),
            "skipped": lambda found: found.states.get(State.SKIPPED, 0),
            "failed or in doubt": lambda found: sum(
                found.states.get(state, 0)
                for state in (State.FAILED, State.REJECTED, State.UNCERTAIN, State.PARKED)
            ),
        },
    )


def complaints(balances: Sequence[Balance]) -> Chart | None:
    """What came back, and who complained."""
    return _over_issues(
        balances,
        {
            "bounced": lambda found: found.told.get("hard", 0) + found.told.get("refused", 0),
            "complained": lambda found: found.told.get("complained", 0),
            "blocked by policy": lambda found: found.told.get("blocked", 0),
        },
    )


def _over_issues(
    balances: Sequence[Balance], values: dict[str, Callable[[Balance], int]]
) -> Chart | None:
    """Issues of one day, of several cadences, count together."""
    series: dict[str, list[tuple[datetime, int]]] = {}
    for name, value in values.items():
        by_day: dict[date, int] = {}
        for found in balances:
            by_day[found.issue.on] = by_day.get(found.issue.on, 0) + value(found)
        series[name] = [(_moment(day), count) for day, count in sorted(by_day.items())]
    return line_chart(series, moments=DAY)


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
