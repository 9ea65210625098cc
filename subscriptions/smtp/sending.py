"""One call to send: mails in, each with one result out, over the sessions of a pool."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator

from subscriptions.outgoing import Fate, Journal, LeaseOver, Outgoing, Result
from subscriptions.replies import without_address
from subscriptions.smtp.flight import Flight, envelope
from subscriptions.smtp.line import Lost
from subscriptions.smtp.pool import Pool
from subscriptions.smtp.server import Offers
from subscriptions.smtp.session import Session

LOST_AT_MOST = 3  # connections under one mail; then the server may not like the mail


class Sending:
    """The desk at which the sessions get their mails."""

    def __init__(
        self,
        mails: Iterator[Outgoing],
        journal: Journal,
        *,
        may_go_on: Callable[[], bool],
        pool: Pool,
        patience: float,
    ) -> None:
        self._mails, self._journal, self._may_go_on = mails, journal, may_go_on
        self._pool = pool
        self._checks_every = min(0.25, patience / 4)  # seconds between looks at the clock
        self._next_check = 0.0
        self._waiting: deque[Flight] = deque()  # taken, and no session has them
        self._has_more = True
        self._can_note = True  # in the journal; else nothing is handed over
        self._trouble: Exception | None = None  # to be raised when all is done
        self._results: list[tuple[int, Result]] = []

    def run(self) -> Iterator[tuple[int, Result]]:
        """Yield results as they come; raise `NoSession`, or what stopped it, at the end."""
        try:
            self._begin()
            while self._goes_on():
                yield from self._collected()
                for session in self._pool.wait(self._longest_wait()):
                    self._guarded(session, session.turn)
                self._close_silent()
            yield from self._collected()
        finally:
            self._pool.drop_busy()
        if self._trouble:
            raise self._trouble

    def next_flight(self, offers: Offers, *, follows: bool) -> tuple[Flight, bytes, bytes] | None:
        if follows and self._waiting and self._waiting[0].lost_before:
            return None  # a server that closes after each mail would lose it every time
        while flight := self._waiting.popleft() if self._waiting else self._take():
            found = envelope(flight, offers)
            if isinstance(found, tuple):
                return flight, *found
            self.finish(flight, found)
        return None

    def note_handing(self, flight: Flight) -> bool:
        if self._can_note:
            try:
                self._journal.handing((flight.mail.entry_id,))
            except (OSError, LeaseOver) as error:
                self._can_note = False
                self._stop(error)
            else:
                return True
        self.finish(flight, Result(Fate.UNTOUCHED))
        return False

    def finish(self, flight: Flight, result: Result) -> None:
        flight.is_over = True
        entry = (flight.mail.entry_id, result)
        self._results.append(entry)
        if result.fate is Fate.UNTOUCHED:
            return
        try:
            self._journal.answered((entry,))
        except OSError as error:
            self._can_note = False
            self._stop(error)

    def give_back(self, flight: Flight, reason: str) -> None:
        flight.lost_before += 1
        flight.recipient_taken = False
        if flight.lost_before < LOST_AT_MOST:
            self._waiting.appendleft(flight)
            return
        said = without_address(f"lost {LOST_AT_MOST} times: {reason}", flight.mail.recipient)
        self.finish(flight, Result(Fate.LATER, said[:500]))

    def is_well(self) -> None:
        self._pool.is_well()

    def distrust(self) -> None:
        self._pool.distrust()

    def _begin(self) -> None:
        self._pool.refresh()
        for session in list(self._pool.sessions):
            session.desk = self
            self._guarded(session, session.start)

    def _goes_on(self) -> bool:
        """Find sessions for the mails that wait; return whether anything is left to do."""
        for session in self._pool.arrived():
            session.desk = self
            self._guarded(session, session.start)
        if self._waiting:
            self._serve_waiting()
        if self._has_more or self._waiting:
            self._grow()
        if not (self._has_more or self._waiting):
            return any(session.is_busy for session in self._pool.sessions)
        if self._pool.is_hopeless():
            self._stop(self._pool.last_failure)
        return True

    def _serve_waiting(self) -> None:
        if self._trouble or not self._may_go_on():
            self._put_down()
        for session in list(self._pool.sessions):
            if self._waiting and not session.is_busy:
                self._guarded(session, session.start)

    def _grow(self) -> None:
        """Open as many sessions as there are mails for them, and never more."""
        room = self._pool.room()
        while room and len(self._waiting) < self._pool.opening + room:
            flight = self._take()
            if not flight:
                break
            self._waiting.append(flight)
        number = min(room, len(self._waiting) - self._pool.opening)
        if number > 0:
            self._pool.open(number)

    def _take(self) -> Flight | None:
        """Take a mail from the caller; whatever fails there, what is under way is finished."""
        flight: Flight | None = None
        while self._has_more:
            try:
                mail = next(self._mails, None) if self._may_go_on() else None
                if mail is None:
                    self._has_more = False
                    break
                flight = Flight(mail)
                flight.wire = mail.wire()
            except Exception as error:  # noqa: BLE001  # raised again by `run`
                self._fail(flight, error)
            else:
                return flight
        return None

    def _fail(self, flight: Flight | None, error: Exception) -> None:
        if flight and isinstance(error, ValueError):
            self.finish(flight, Result(Fate.NEVER, "it cannot be written"))
            return
        self._stop(error)
        if flight:
            self.finish(flight, Result(Fate.UNTOUCHED))

    def _stop(self, error: Exception | None) -> None:
        self._has_more = False
        self._trouble = self._trouble or error

    def _put_down(self) -> None:
        self._has_more = False
        while self._waiting:
            self.finish(self._waiting.popleft(), Result(Fate.UNTOUCHED))

    def _guarded(self, session: Session, action: Callable[[], None]) -> None:
        try:
            action()
        except Lost as lost:
            self._lose(session, str(lost))
        else:
            self._pool.watch(session)

    def _lose(self, session: Session, reason: str) -> None:
        self._pool.lose(session, reason)
        session.abandon(reason)

    def _close_silent(self) -> None:
        """Give up the sessions whose server has been silent for too long."""
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + self._checks_every
        for session in list(self._pool.sessions):
            if session.is_busy and session.deadline < now:
                self._lose(session, "time-out")

    def _longest_wait(self) -> float:
        if not (self._has_more or self._waiting):
            return self._checks_every
        return self._pool.longest_wait(self._checks_every)

    def _collected(self) -> list[tuple[int, Result]]:
        results, self._results = self._results, []
        return results
