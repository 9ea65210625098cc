"""A connection to a checked address that is given up when its time is over."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from functools import cache
from typing import Any

import httpcore2
import httpx2

from papers.sources import SourceError
from papers.sources.web import addresses


@cache
def certificates() -> ssl.SSLContext:
    """The authorities that are believed: the usual ones, or those of SSL_CERT_FILE."""
    return httpx2.create_ssl_context()


class Deadline:
    """When a whole request must be over, however the time was spent."""

    def __init__(self, seconds: float, *, what: str) -> None:
        self._end = time.monotonic() + seconds
        self._message = f"{what} took over {seconds:g} s"

    def left(self, timeout: float | None) -> float:
        """Return `timeout` or what is left, in seconds; raise `SourceError` if that is nothing."""
        rest = self._end - time.monotonic()
        if rest <= 0:
            raise SourceError(self._message, temporary=True)
        return rest if timeout is None else min(timeout, rest)


class Line(httpcore2.NetworkBackend):
    """Connects to the address that was checked, not to whatever a name means a moment later."""

    def __init__(self, deadline: Deadline, *, is_local: bool) -> None:
        self._deadline, self._is_local = deadline, is_local
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            numbers = addresses.resolve(host, port, is_local=self._is_local)
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        failure: Exception = httpcore2.ConnectError("it has no address")
        for number in numbers:
            try:
                stream = self._backend.connect_tcp(number, port, self._deadline.left(timeout))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure


class _Stream(httpcore2.NetworkStream):
    """Waits for no single answer longer than the deadline of all of them."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._stream.read(max_bytes, self._deadline.left(timeout))
        except httpcore2.ReadTimeout:
            self._deadline.left(None)  # says so if it was this
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
