"""The rates that all workers share, as rows: subscriptions.pace decides, this loads and saves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction

from subscriptions import pace
from subscriptions.clock import database_now
from subscriptions.lanes import LANES
from subscriptions.models import Gate
from subscriptions.outgoing import Fate, Result
from subscriptions.pace import Flow

SERVICE = "service"  # the stream of everything that goes to the mail service
FIELDS = [field.name for field in fields(Flow)]

Change = Callable[[Flow], Flow]


@dataclass(frozen=True, slots=True)
class Allowance:
    """The right to send some mails now."""

    lanes: dict[str, int] | None = None  # how many of each lane; None means any
    total: int = 0  # over all lanes

    @property
    def is_nothing(self) -> bool:
        return self.lanes is not None and not any(self.lanes.values())

    def give_back(self, used: Counter[str]) -> None:
        """Return what was not used: lane -> how many were claimed."""
        if self.lanes is None:
            return
        for lane in settings.MAIL_RATES.keys() & self.lanes.keys():
            _change(lane, _add(self.lanes[lane] - used[lane]))
        unused = self.total - used.total()
        if "all" in settings.MAIL_RATES:
            _change("all", _add(unused))
        if settings.WARM_UP_SINCE is not None:
            _change(_today(), _add(-unused))


def allowance(limit: int) -> Allowance:
    """Take the right to send up to `limit` digests now.

    Without rates, warm-up or trouble this is one query by primary key.
    """
    service = Gate.objects.filter(stream=SERVICE).first()
    rates: dict[str, float] = settings.MAIL_RATES
    is_troubled = service is not None and service.closed_until is not None
    if not rates and settings.WARM_UP_SINCE is None and not is_troubled:
        return Allowance()
    now = database_now()
    if service is not None and _flow(service).is_closed(now):
        return Allowance({})
    total = limit if settings.WARM_UP_SINCE is None else _take_of_today(limit, now=now)
    if "all" in rates:
        total = _take("all", total, rate=rates["all"], now=now)
    lanes = {
        lane: _take(lane, total, rate=rates[lane], now=now) if lane in rates else total
        for lane in LANES
    }
    return Allowance(lanes, total)


def is_closed() -> bool:
    """Whether the mail service is to be left alone now."""
    service = Gate.objects.filter(stream=SERVICE, closed_until__isnull=False).first()
    return service is not None and _flow(service).is_closed(database_now())


def learn(results: Iterable[tuple[str, Result]], *, failures: int) -> None:
    """Draw the conclusions of a chunk.

    Args:
        results: (lane, result) of each mail.
        failures: how many calls came to nothing.
    """
    found = list(results)
    if not found:
        return
    now = database_now()
    slow_down({lane for lane, result in found if pace.is_throttled(result)}, now=now)
    is_well = any(result.fate in {Fate.ACCEPTED, Fate.NEVER} for _, result in found)
    if failures or Gate.objects.filter(stream=SERVICE, failures__gt=0).exists():
        _change(SERVICE, lambda flow: pace.judge(flow, is_well=is_well, failures=failures, now=now))
    if asked := max((result.retry_after or 0 for _, result in found), default=0):
        _change(SERVICE, lambda flow: pace.close(flow, seconds=asked, now=now))


def slow_down(lanes: Collection[str], *, now: datetime) -> None:
    """The servers of these lanes said that mail comes too fast; `now` is the database's."""
    for lane in lanes:
        _change(lane, lambda flow: pace.slow_down(flow, now=now))


def unreachable() -> None:
    """The mail service could not be spoken to."""
    now = database_now()
    _change(SERVICE, lambda flow: pace.judge(flow, is_well=False, failures=5, now=now))


def _today() -> str:
    return f"day:{database_now().date()}"


def _take_of_today(wanted: int, *, now: datetime) -> int:
    """Count against the cap of a new sender's day; the row's tokens are what went out."""
    since = settings.WARM_UP_SINCE
    cap = None if since is None else pace.warm_up_cap(since, on=now.date())
    if cap is None:
        return wanted
    with _locked(_today()) as gate:
        taken = max(0, min(wanted, cap - int(gate.tokens)))
        _keep(gate, _add(taken)(_flow(gate)))
    return taken


def _take(stream: str, wanted: int, *, rate: float, now: datetime) -> int:
    with _locked(stream) as gate:
        flow, taken = pace.take(pace.fill(_flow(gate), rate=rate, now=now), wanted)
        _keep(gate, flow)
    return taken


def _add(tokens: float) -> Change:
    return lambda flow: replace(flow, tokens=flow.tokens + tokens)


def _change(stream: str, change: Change) -> None:
    with _locked(stream) as gate:
        _keep(gate, change(_flow(gate)))


@contextmanager
def _locked(stream: str) -> Iterator[Gate]:
    with transaction.atomic():
        Gate.objects.get_or_create(stream=stream)
        yield Gate.objects.select_for_update().get(stream=stream)


def _flow(gate: Gate) -> Flow:
    return Flow(**{name: getattr(gate, name) for name in FIELDS})


def _keep(gate: Gate, flow: Flow) -> None:
    for name, value in asdict(flow).items():
        setattr(gate, name, value)
    gate.save()
