"""Hand batches over: noted before and after, repeated if the service knows keys, split if bad."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from anymail.exceptions import AnymailError

from subscriptions.esp import answers
from subscriptions.esp.calls import Ready
from subscriptions.ids import new_id
from subscriptions.outgoing import Fate, Journal, LeaseOver, Result, Unreachable

logger = logging.getLogger(__name__)

TRIES = 3  # of a call with a key, while it is not known what came of it
TRY_AGAIN_SECONDS = 10.0  # ... and it did not take long to fail
PAUSE_SECONDS = 0.2  # ... before each: the service may still be busy with the first
NOT_WRITTEN = (AnymailError, ValueError, TypeError)  # what Anymail raises before a call, too

Results = Iterator[tuple[int, Result]]
MayGoOn = Callable[[], bool]
# With the key of the call, if it has one; raises what `answers.fate_of` understands.
Call = Callable[[Sequence[Ready], UUID | None], list[Result]]
Outcome = list[Result] | Exception

IN_A_BATCH = Result(Fate.LATER, "refused together with others")


class Handing:
    """One `send` of a transport.

    Attributes:
        is_stopped: nothing more can be handed over, because it could not be noted, or the
            service named a time before which it wants no call.
    """

    def __init__(self, call: Call, journal: Journal, may_go_on: MayGoOn, *, has_keys: bool) -> None:
        self._call, self._journal, self._may_go_on = call, journal, may_go_on
        self._has_keys = has_keys
        self.is_stopped = False

    def over(self, batch: Sequence[Ready], *, again: UUID | None = None) -> Results:
        """Hand over all of a batch; yield (entry id, result) for each.

        Args:
            again: the key of the earlier call that this one repeats.

        Raises:
            Unreachable: after all of the batch were yielded.
        """
        key = again or (new_id() if self._has_keys else None)
        if not self._note(batch, key):
            yield from _all(batch, Result(Fate.UNTOUCHED, "the journal cannot be written"))
            return
        match self._outcome(batch, key):
            case list(results):
                yield from self._answered(zip(_ids(batch), results, strict=True))
            case error if answers.is_unheard(error):
                said = answers.detail_of(error, recipients=())
                yield from self._answered(_all(batch, Result(Fate.UNTOUCHED, said)))
                raise Unreachable(said) from error
            case error if len(batch) > 1 and _is_refused_whole(error):
                self._journal.answered(_all(batch, IN_A_BATCH))
                middle = len(batch) // 2
                for half in batch[:middle], batch[middle:]:
                    may = self._may_go_on() and not self.is_stopped
                    yield from self.over(half) if may else _all(half, IN_A_BATCH)
            case error:
                yield from self._answered(_results(batch, error, is_repeated=again is not None))

    def _outcome(self, batch: Sequence[Ready], key: UUID | None) -> Outcome:
        """Call; repeat it under the same key while there is no answer; this doubles nothing."""
        began = time.monotonic()
        outcome = self._try(batch, key)
        for _ in range(TRIES - 1 if key else 0):
            is_late = time.monotonic() - began > TRY_AGAIN_SECONDS
            if not _is_silence(outcome) or is_late or not self._may_go_on():
                break
            time.sleep(PAUSE_SECONDS)
            if not self._note(batch, key):
                break
            again = self._try(batch, key)
            # "Not now" says nothing of the first try.
            if not isinstance(again, Exception) or answers.fate_of(again) is not Fate.LATER:
                outcome = again
        return outcome

    def _try(self, batch: Sequence[Ready], key: UUID | None) -> Outcome:
        try:
            return self._call(batch, key)
        except (*NOT_WRITTEN, OSError) as error:
            if answers.is_repeat(error):
                return [answers.accepted(key)] * len(batch)  # taken before
            return error

    def _note(self, batch: Sequence[Ready], key: UUID | None) -> bool:
        try:
            self._journal.handing(_ids(batch), key=key)
        except LeaseOver:
            self.is_stopped = True
        except OSError:
            logger.exception("nothing is sent that cannot be noted before")
            self.is_stopped = True
        return not self.is_stopped

    def _answered(self, results: Results) -> Results:
        noted = list(results)
        self.is_stopped = self.is_stopped or any(result.retry_after for _, result in noted)
        self._journal.answered(noted)
        yield from noted


def _is_silence(outcome: Outcome) -> bool:
    """Whether there is no answer that can be read; one with gaps would come again as it is."""
    return isinstance(outcome, Exception) and answers.fate_of(outcome) is Fate.UNKNOWN


def _is_refused_whole(error: Exception) -> bool:
    """Whether the call was not taken, and one of its messages may be to blame."""
    status = answers.status_of(error)
    return status in answers.REFUSED_WHOLE or answers.fate_of(error) is Fate.NEVER


def _results(batch: Sequence[Ready], error: Exception, *, is_repeated: bool) -> Results:
    recipients = [batch[0].mail.recipient] if len(batch) == 1 else []  # any address is cut out
    result = answers.result_of(error, recipients=recipients, now=datetime.now(UTC))
    if is_repeated and result.fate is Fate.LATER:  # says nothing of the first call
        result = replace(result, fate=Fate.UNKNOWN)
    return _all(batch, result)


def _all(batch: Sequence[Ready], result: Result) -> Results:
    return ((entry_id, result) for entry_id in _ids(batch))


def _ids(batch: Sequence[Ready]) -> list[int]:
    return [one.mail.entry_id for one in batch]
