"""`python -m tests.fakes.smtp PORT LOG MANNER`: says its port, and serves until it is killed."""

from __future__ import annotations

import asyncio
import json
import sys

from tests.fakes.smtp.connection import serve
from tests.fakes.smtp.manner import Fault, Manner
from tests.fakes.smtp.server import Server


async def main(port: int, log: str, manner: str) -> None:
    given = json.loads(manner)
    given["faults"] = tuple(Fault(**fault) for fault in given.get("faults", ()))
    listener = await serve(Server(Manner(**given), log), port)
    sys.stdout.write(f"{listener.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], (sys.argv[3:] or ["{}"])[0]))
