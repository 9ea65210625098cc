"""The open sessions of one worker: opened as there is work, watched, and given up."""

from __future__ import annotations

import contextlib
import socket
import time
from queue import Empty, SimpleQueue
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from threading import Thread

from subscriptions.smtp.line import Lost
from subscriptions.smtp.server import LASTING, Kind, NoSession, Opened, Server, open_session
from subscriptions.smtp.session import Session

GROWS_EVERY = 0.01  # seconds; each time the number of sessions may double
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 60.0  # seconds between failures to open, doubling
TRIES = 5  # in a row, when no session is left
IDLE = 60.0  # seconds; servers hang up after 300 (RFC 5321 4.5.3.2.7), busy ones sooner


class Pool:
    def __init__(self, server: Server, *, limit: int) -> None:
        self.sessions: set[Session] = set()
        self.opening = 0  # threads under way
        self.last_failure: NoSession | None = None
        self._failures = 0  # in a row
        self._grows_at = self._pause_until = 0.0  # by time.monotonic()
        self._has_lived = False  # a session was open since `refresh`
        self._may_pipeline = True
        self._server, self._limit = server, limit
        self._outcomes: SimpleQueue[Opened | NoSession] = SimpleQueue()
        self._is_closed = False
        self._selector = DefaultSelector()
        self._watched: dict[Session, int] = {}
        self._woken, self._wakes = socket.socketpair()
        self._woken.setblocking(False)
        self._selector.register(self._woken, EVENT_READ)

    def refresh(self) -> None:
        """Close sessions that were idle for long or that the server has ended meanwhile."""
        old = time.monotonic() - IDLE
        for session in [session for session in self.sessions if session.idle_since < old]:
            self._forget(session)
            session.line.leave()
        for session in self.wait(0):
            try:
                session.turn()
            except Lost:
                self._forget(session)
                session.line.close()
        self._has_lived = bool(self.sessions)
        if not self.sessions:
            self.is_well()

    def room(self) -> int:
        """Return how many sessions may be opened at this moment."""
        count = len(self.sessions) + self.opening
        if count >= self._limit or time.monotonic() < max(self._grows_at, self._pause_until):
            return 0
        if self._failures:
            return 0 if self.opening else 1
        return min(self._limit - count, max(1, count))

    def longest_wait(self, otherwise: float) -> float:
        """Return for how many seconds nothing can be opened, at most `otherwise`."""
        if len(self.sessions) + self.opening >= self._limit:
            return otherwise
        closed_for = max(self._grows_at, self._pause_until) - time.monotonic()
        return min(max(closed_for, GROWS_EVERY), otherwise)

    def open(self, number: int) -> None:
        """Open that many, each in a thread: a slow server holds up nobody but itself."""
        self.opening += number
        self._grows_at = time.monotonic() + GROWS_EVERY
        for _ in range(number):
            Thread(target=self._open, name="smtp-open", daemon=True).start()

    def arrived(self) -> list[Session]:
        """Return the sessions that were opened since this was last asked."""
        found = []
        while self.opening:
            try:
                outcome = self._outcomes.get_nowait()
            except Empty:
                break
            self.opening -= 1
            if isinstance(outcome, NoSession):
                self._fail(outcome)
            else:
                found.append(self._welcome(outcome))
        return found

    def wait(self, longest: float) -> list[Session]:
        """Return the sessions whose sockets are ready, after at most `longest` seconds."""
        ready: list[Session] = []
        for key, _ in self._selector.select(longest):
            if key.data:
                ready.append(key.data)
            else:
                self._woken.recv(4096)
        return ready

    def watch(self, session: Session) -> None:
        """Watch for what the session waits for now."""
        events = EVENT_READ | EVENT_WRITE if session.line.waits_to_write else EVENT_READ
        if self._watched.get(session, events) != events:
            self._selector.modify(session.line, events, session)
            self._watched[session] = events

    def lose(self, session: Session, reason: str) -> None:
        """Forget a session that is to be closed; one that was of no use counts as a failure."""
        self._forget(session)
        if not session.was_useful:
            self._fail(NoSession(Kind.REFUSED, reason))

    def is_hopeless(self) -> bool:
        """Whether there is no session, and no sense in waiting for one."""
        if self.sessions or self.opening or not self.last_failure:
            return False
        tries = TRIES if self._has_lived and self.last_failure.kind not in LASTING else 1
        return self._failures >= tries

    def is_well(self) -> None:
        self._failures, self.last_failure, self._pause_until = 0, None, 0.0

    def distrust(self) -> None:
        """From now on speak to the server step by step."""
        self._may_pipeline = False
        for session in self.sessions:
            session.offers = session.offers._replace(pipelining=False)

    def drop_busy(self) -> None:
        """Close the sessions that are in the middle of something."""
        for session in [session for session in self.sessions if session.is_busy]:
            self._forget(session)
            session.line.close()

    def close(self) -> None:
        self._is_closed = True
        self.drop_busy()
        for session in list(self.sessions):
            self._forget(session)
            session.line.leave()
        self._discard()
        self._selector.close()
        self._woken.close()
        self._wakes.close()

    def _open(self) -> None:
        outcome: Opened | NoSession = NoSession(Kind.REFUSED, "the attempt broke off")
        try:
            outcome = open_session(self._server)
        except NoSession as error:
            outcome = error
        finally:
            self._outcomes.put(outcome)
            with contextlib.suppress(OSError):  # closed meanwhile
                self._wakes.send(b"!")
            if self._is_closed:
                self._discard()

    def _discard(self) -> None:
        """Close what was opened and never asked for."""
        with contextlib.suppress(Empty):
            while True:
                outcome = self._outcomes.get_nowait()
                if isinstance(outcome, Opened):
                    outcome.socket.close()

    def _welcome(self, opened: Opened) -> Session:
        if not self._may_pipeline:
            opened = opened._replace(offers=opened.offers._replace(pipelining=False))
        session = Session(opened, timeout=self._server.timeout)
        self.sessions.add(session)
        self._selector.register(session.line, EVENT_READ, session)
        self._watched[session] = EVENT_READ
        self._has_lived = True
        return session

    def _forget(self, session: Session) -> None:
        self.sessions.discard(session)
        del self._watched[session]
        self._selector.unregister(session.line)

    def _fail(self, failure: NoSession) -> None:
        """Wait longer after each failure; many at one moment are one."""
        self.last_failure = failure
        now = time.monotonic()
        if self._failures and now < self._pause_until:
            return
        self._failures += 1
        pause = min(FIRST_PAUSE * 2 ** (self._failures - 1), LONGEST_PAUSE)
        self._pause_until = now + (LONGEST_PAUSE if failure.kind in LASTING else pause)
