"""An SMTP server in a process of its own that accepts every mail and only counts."""

from __future__ import annotations

import subprocess
import sys

from aiosmtpd.controller import Controller


class Sink:
    """The server, seen from the benchmark."""

    def __init__(self, port: int) -> None:
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, __file__, str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.process.stdout.readline()  # it is up

    def taken(self) -> int:
        """How many mails it accepted since the last time this was asked."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


class Count:
    """What aiosmtpd calls for every message."""

    def __init__(self) -> None:
        self.accepted = 0

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802  # aiosmtpd's
        self.accepted += 1
        return "250 counted"


def main(port: int) -> None:
    """Print a line when up, and the count for each line on standard input."""
    count = Count()
    controller = Controller(count, hostname="127.0.0.1", port=port)
    controller.start()
    print("up", flush=True)  # noqa: T201
    for _ in sys.stdin:
        print(count.accepted, flush=True)  # noqa: T201
        count.accepted = 0
    controller.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]))
