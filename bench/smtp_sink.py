"""An SMTP server in a process of its own that accepts every mail and only counts.

Takes its port, and prints a line when it is up.  For each line on standard input it prints the
count, and starts again at 0.
"""

from __future__ import annotations

import sys

from aiosmtpd.controller import Controller


class Count:
    def __init__(self) -> None:
        self.accepted = 0

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802  # aiosmtpd's
        self.accepted += 1
        return "250 counted"


def main() -> None:
    count = Count()
    controller = Controller(count, hostname="127.0.0.1", port=int(sys.argv[1]))
    controller.start()
    sys.stdout.write("up\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        sys.stdout.write(f"{count.accepted}\n")
        sys.stdout.flush()
        count.accepted = 0
    controller.stop()


if __name__ == "__main__":
    main()
