"""The server in a thread of the test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from pathlib import Path

from tests.fakes.smtp.connection import serve
from tests.fakes.smtp.manner import Fault, Manner
from tests.fakes.smtp.server import Server


class FakeSmtp(Server):
    """The server in a thread; its records can be read at any time."""

    def __init__(
        self,
        faults: Iterable[Fault] = (),
        *,
        log: Path | str | None = None,
        port: int = 0,
        **manner: object,
    ) -> None:
        super().__init__(Manner(faults=tuple(faults), **manner), log)  # type: ignore[arg-type]
        self.port = port
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fake-smtp", daemon=True)

    @property
    def recipients(self) -> list[str]:
        return [taken.recipient for taken in self.taken]

    def __enter__(self) -> FakeSmtp:
        self._thread.start()
        if not self._up.wait(10):
            raise RuntimeError("the fake server does not start")
        return self

    def drop_all(self) -> None:
        """Close every connection."""
        for connection in list(self.open):
            self._loop.call_soon_threadsafe(connection.transport.close)

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        listener = await serve(self, self.port)
        self.port = listener.sockets[0].getsockname()[1]
        self._up.set()
        await self._stop.wait()
        listener.close()
        for connection in list(self.open):
            connection.transport.abort()
        await asyncio.sleep(0)
