"""Hosts that asked to be left alone are, by all of our machines."""

from __future__ import annotations

import logging
import random
from datetime import datetime

from django.db.models import F

from papers.models import Host
from papers.sources import SourceError
from papers.sources.web import manners
from papers.sources.web.answers import Busy

logger = logging.getLogger(__name__)


class Paused(SourceError):
    """A host is left alone; nothing was asked."""

    def __init__(self, host: Host) -> None:
        until = f"{host.paused_until:%Y-%m-%d %H:%M} UTC"
        super().__init__(f"{host} is left alone until {until}: {host.why}", temporary=True)


def check(name: str, *, at: datetime) -> None:
    """Raise `Paused` if nobody may ask this host at that moment."""
    if host := Host.objects.paused(at=at).filter(name=name).first():
        raise Paused(host)


def leave_alone(name: str, answer: Busy, *, at: datetime) -> None:
    """Pause a host from `at` on, longer with each time.  A pause is never made shorter."""
    host, _ = Host.objects.get_or_create(name=name)
    luck = random.random()  # noqa: S311  # nothing secret about it
    until = at + manners.pause(strikes=host.strikes, wait=answer.wait, luck=luck)
    if host.is_paused(at=at):  # another machine was told the same
        return
    why = str(answer)[:500]
    Host.objects.filter(pk=host.pk).update(
        paused_since=at, paused_until=until, why=why, strikes=F("strikes") + 1
    )
    logger.warning("%s is left alone until %s: %s", name, until, why)


def is_well(name: str) -> None:
    """Note a good answer: the next pause begins with the shortest again."""
    Host.objects.filter(name=name, strikes__gt=0).update(strikes=0)
