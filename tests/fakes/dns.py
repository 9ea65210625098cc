"""A name server that answers from a table, on a port of its own."""

from __future__ import annotations

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Table = dict[tuple[str, str], list[str]]  # (name without its last dot, kind) -> records as written


class FakeDns:
    """Answer what the table has; a name that is not in it does not exist.

    With `is_broken` every answer is SERVFAIL.
    """

    def __init__(self, table: Table, *, is_broken: bool = False) -> None:
        self.table, self.is_broken = table, is_broken
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> FakeDns:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.sendto(b"", ("127.0.0.1", self.port))  # wakes it up to see that it is over
        self._thread.join(timeout=5)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            octets, peer = self._socket.recvfrom(4096)
            if not octets:
                return
            self._socket.sendto(self._answer(dns.message.from_wire(octets)).to_wire(), peer)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(question.rdtype)
        if self.is_broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif records := self.table.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
        elif not any(known == name for known, _ in self.table):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer
