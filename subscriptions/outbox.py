"""Send what the ledger holds, a chunk at a time: claim, compose, attempt, hand over, record.

Digests and letters alike.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

from subscriptions import clock, gates, journal
from subscriptions.chunk import REFUSALS_AT_MOST, Chunk, Run, entry_lane
from subscriptions.composing import ComposeAll, E
from subscriptions.gates import Allowance
from subscriptions.journal import Journal
from subscriptions.ledger import Entry, EntryQuerySet
from subscriptions.outgoing import Repeating
from subscriptions.sweeping import Doubt, Swept, Uncertain
from subscriptions.transport import keeps_keys, open_transport

logger = logging.getLogger(__name__)

BUDGET = 20.0  # seconds of work before the doorbell is passed on


def post(
    entries: EntryQuerySet[E],
    compose_all: ComposeAll[E],
    *,
    budget: float = BUDGET,
    wake: Callable[[], object] = lambda: None,
    is_paced: bool = False,
) -> int:
    """Send sendable entries until none is left or `budget` seconds are over.

    Args:
        wake: called when another worker can help: after the first chunk, and when the time
            is over.  Not by who could send nothing, or they would wake one another for ever.
        is_paced: keep to the rates; letters go ahead of them.

    Returns:
        The number of entries that were handed over or closed.  What was claimed and not
        handed over is given back, so stopping here loses nothing.
    """
    transport = open_transport()
    run = Run(transport, clock.seconds() + budget, is_paced)
    can_more_be_sent, chunks = True, 0
    try:
        while can_more_be_sent and run.may_go_on():
            if chunks == 1:
                wake()
            can_more_be_sent = _post_chunk(entries, compose_all, run, is_paced=is_paced)
            chunks += 1
    finally:
        transport.close()
    if run.refusals >= REFUSALS_AT_MOST:
        logger.error("stopped sending for now: %s mails in a row were refused", run.refusals)
    elif can_more_be_sent and run.done:
        wake()
    return run.done


def sweep(entries: EntryQuerySet[Entry]) -> Swept:
    """Move on whatever time has run out for, and what processes of this machine left."""
    doubt = Doubt(
        timedelta(seconds=settings.UNCERTAIN_WAIT_SECONDS),
        Uncertain(settings.UNCERTAIN),
        keeps_keys(),
    )
    folder, kind = Path(settings.JOURNAL_DIR), _kind(entries)
    for owner, notes in journal.left_behind(folder, kind=kind, is_over=entries.is_over):
        moved = entries.take_over(owner, notes, doubt)
        logger.warning("took over %s entries of a process that ended: %s", len(moved), owner)
    return entries.sweep(doubt)


def _post_chunk(
    entries: EntryQuerySet[E], compose_all: ComposeAll[E], run: Run, *, is_paced: bool
) -> bool:
    """Post one chunk; False if there was nothing, or no more can be sent now."""
    allowed = gates.allowance(settings.CLAIM_SIZE) if is_paced else Allowance()
    if allowed.is_nothing:
        return False
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    ends = clock.seconds() + settings.LEASE_SECONDS * 0.9
    keeps = keeps_keys() if isinstance(run.transport, Repeating) else None
    owner = entries.claim(
        limit=settings.CLAIM_SIZE, lease=lease, lanes=allowed.lanes, keeps_keys=keeps
    )
    claimed = list(entries.claimed_by(owner))
    notes = _open_journal(entries, owner, until=ends) if claimed else None
    allowed.give_back(Counter(entry_lane(entry) for entry in claimed if notes))
    if notes is None:
        return False
    with notes:
        chunk = Chunk(entries, compose_all, run, owner=owner, notes=notes, ends=ends)
        try:
            return chunk.post(claimed)
        except BaseException:
            entries.abandon(owner)
            raise


def _open_journal(entries: EntryQuerySet[E], owner: UUID, *, until: float) -> Journal | None:
    """Open the journal of a claim; give the claim back and return None if there can be none."""
    folder = Path(settings.JOURNAL_DIR)
    try:
        return Journal(folder, kind=_kind(entries), owner=owner, until=until)
    except OSError as error:
        logger.error("nothing is sent, for JOURNAL_DIR (%s) cannot be written: %s", folder, error)  # noqa: TRY400
        entries.release(owner)
        return None


def _kind(entries: EntryQuerySet[E]) -> str:
    return entries.model._meta.model_name or ""  # noqa: SLF001
