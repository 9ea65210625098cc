"""A socket that never blocks, with TLS or without: what is written, and what arrives."""

from __future__ import annotations

import contextlib
import socket
import ssl

AT_ONCE = 65_536  # octets of one read; replies are short


class Lost(Exception):
    """The connection is of no more use; the message says why."""


class Line:
    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._is_tls = isinstance(connection, ssl.SSLSocket)
        self._unsent = memoryview(b"")
        self._needs_input = False  # TLS wants to read before it writes

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def has_unsent(self) -> bool:
        return bool(self._unsent)

    @property
    def waits_to_write(self) -> bool:
        return bool(self._unsent) and not self._needs_input

    def write(self, *parts: bytes) -> None:
        """Send what goes out at once, in one call, and keep the rest for `flush`.

        Raises:
            Lost: the other side has gone.
        """
        if self._is_tls or self._unsent:
            self._unsent = memoryview(b"".join((self._unsent, *parts)))
            self.flush()
            return
        try:
            sent = self._socket.sendmsg(parts)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise Lost(str(error)) from error
        if sent < sum(map(len, parts)):
            self._unsent = memoryview(b"".join(parts))[sent:]

    def flush(self) -> None:
        """Send on; raise `Lost`."""
        self._needs_input = False
        try:
            while self._unsent:
                self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except (BlockingIOError, ssl.SSLWantWriteError):
            return
        except ssl.SSLWantReadError:
            self._needs_input = True
        except OSError as error:
            raise Lost(str(error)) from error

    def read(self) -> bytes:
        """Return what is there, perhaps nothing; raise `Lost` at the end."""
        try:
            received = self._socket.recv(AT_ONCE)
            while received and isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
                received += self._socket.recv(AT_ONCE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""
        except OSError as error:
            raise Lost(str(error)) from error
        if not received:
            raise Lost("the server closed the connection")
        return received

    def leave(self) -> None:
        """Say goodbye without waiting for an answer."""
        with contextlib.suppress(Lost):
            self.write(b"QUIT\r\n")
        self.close()

    def close(self) -> None:
        self._socket.close()
